import type { HeldLease, Verdict } from '@holdfast/store'
import type { EngineStore } from '../engine-store.js'
import type { Failure } from '../failure.js'

/** How one lease ends. */
export type Settlement =
  | { readonly kind: 'completed'; readonly result: unknown }
  | { readonly kind: 'failed'; readonly failure: Failure; readonly retryAtMs: number | null }
  | { readonly kind: 'released'; readonly reason: 'released' | 'ahead_returned'; readonly visibleAtMs?: number }

/** What the store made of it. */
export type Settled =
  | { readonly as: 'completed' | 'released' }
  | { readonly as: 'retried' | 'failed'; readonly failure: Failure }
  /** The lease was somebody else's by then; `code` says how. */
  | { readonly as: 'refused'; readonly code: string }
  /** The worker's time was up before the store could take it; the sweep, or the next owner, goes on from there. */
  | { readonly as: 'unsettled' }

export interface Ending {
  readonly lease: HeldLease
  readonly settlement: Settlement
}

/** Writes endings of any kinds, one batch per kind; one verdict each, in order. */
export const writeEndings = async (
  { leases }: Pick<EngineStore, 'leases'>,
  endings: readonly Ending[],
): Promise<readonly Verdict<Settled>[]> => {
  const completed = endings.filter(isOf('completed'))
  // What nearly always is the case: all went well.
  if (completed.length === endings.length) return completeAll(leases, completed)
  const failed = endings.filter(isOf('failed'))
  const released = endings.filter(isOf('released'))
  const verdicts = new Map<Ending, Verdict<Settled>>()
  const note = (written: readonly Ending[], answers: readonly Verdict<Settled>[]): void =>
    answers.forEach((answer, i) => {
      const ending = written[i]
      if (ending) verdicts.set(ending, answer)
    })
  await Promise.all([
    completed.length > 0 && completeAll(leases, completed).then((answers) => note(completed, answers)),
    failed.length > 0 && failAll(leases, failed).then((answers) => note(failed, answers)),
    released.length > 0 && releaseAll(leases, released).then((answers) => note(released, answers)),
  ])
  return endings.flatMap((ending) => verdicts.get(ending) ?? [])
}

type Of<Kind extends Settlement['kind']> = Ending & {
  readonly settlement: Extract<Settlement, { readonly kind: Kind }>
}

const isOf =
  <Kind extends Settlement['kind']>(kind: Kind) =>
  (ending: Ending): ending is Of<Kind> =>
    ending.settlement.kind === kind

const completeAll = async (leases: EngineStore['leases'], endings: readonly Of<'completed'>[]) => {
  // A handler that returns nothing has the result null: JSON has no undefined.
  const verdicts = await leases.completeAll(
    endings.map(({ lease, settlement }) => ({ lease, result: settlement.result ?? null })),
  )
  return verdicts.map((verdict) => told(verdict, () => ({ as: 'completed' as const })))
}

const failAll = async (leases: EngineStore['leases'], endings: readonly Of<'failed'>[]) => {
  const verdicts = await leases.failAll(
    endings.map(({ lease, settlement: { failure, retryAtMs } }) => ({
      lease,
      error: failure,
      ...(retryAtMs === null ? {} : { retryAtMs }),
    })),
  )
  return endings.map(({ settlement: { failure } }, i) =>
    told(verdicts[i], ({ state }) => ({
      as: state === 'failed' ? ('failed' as const) : ('retried' as const),
      failure,
    })),
  )
}

const releaseAll = async (leases: EngineStore['leases'], endings: readonly Of<'released'>[]) => {
  const verdicts = await leases.releaseAll(
    endings.map(({ lease, settlement: { kind: _, ...how } }) => ({ lease, ...how })),
  )
  return verdicts.map((verdict) => told(verdict, () => ({ as: 'released' as const })))
}

/** The same verdict, in the settler's words. */
const told = <Value>(verdict: Verdict<Value> | undefined, value: (of: Value) => Settled): Verdict<Settled> => {
  if (!verdict) return { ok: true, value: { as: 'unsettled' } }
  return verdict.ok ? { ok: true, value: value(verdict.value) } : verdict
}
