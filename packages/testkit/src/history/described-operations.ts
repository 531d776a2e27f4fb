import {
  appendCheckpoint,
  appendLog,
  beginCheckpoint,
  cancelTask,
  checkOrCreateKey,
  claim,
  complete,
  completeAll,
  completeKey,
  fail,
  failKey,
  forgetKey,
  getWorkItem,
  heartbeat,
  heartbeatKey,
  leaseStatus,
  recoverExpired,
  recoverProcess,
  release,
  spawnWorkItems,
  startLeases,
  submitTask,
  type LeaseAnswer,
  type Operation,
  type Payload,
  type Recovery,
} from '@holdfast/store'
import { fingerprint } from './fingerprint.js'
import type { Answer, Call } from './operation.js'
import { answerOfRefusal } from './recorder.js'

/** How one operation of the store is written down: one call for each thing that it is about, and one answer each. */
export interface DescribedOperation {
  // biome-ignore lint/suspicious/noExplicitAny: each description is typed by its operation, a table of them can't be
  readonly calls: (args: any) => readonly Call[]
  // biome-ignore lint/suspicious/noExplicitAny: as above
  readonly answers: (result: any, args: any) => readonly Answer[]
}

/** How an item or a key is named in a history. */
export const inTenant = (tenant: string, id: string): string => `${tenant}/${id}`

/** By what a stored value is known in a history. */
export const storedValue = ({ encoding, data }: Pick<Payload, 'encoding' | 'data'>): string =>
  fingerprint(encoding === 'json' ? data : `${encoding}:${data}`)

const OK: Answer = { as: 'ok' }

const each = <Args, Result>(
  { name }: Operation<Args, Result>,
  call: (args: Args) => Omit<Call, 'name'>,
  answer: (result: Result, args: Args) => Answer,
): readonly [string, DescribedOperation] => [
  name,
  {
    calls: (args: Args) => [{ name, ...call(args) }],
    answers: (result: Result, args: Args) => [answer(result, args)],
  },
]

const many = <Args, Result>(
  { name }: Operation<Args, Result>,
  calls: (args: Args) => readonly Call[],
  answers: (result: Result, args: Args) => readonly Answer[],
): readonly [string, DescribedOperation] => [name, { calls, answers }]

interface Leased {
  readonly tenant: string
  readonly workItemId: string
  readonly fencingToken: number
}

const underLease = ({ tenant, workItemId, fencingToken }: Leased) => ({
  item: inTenant(tenant, workItemId),
  token: fencingToken,
})

interface Keyed {
  readonly tenant: string
  readonly key: string
  readonly fencingToken: number
}

const underKey = ({ tenant, key, fencingToken }: Keyed) => ({ key: inTenant(tenant, key), token: fencingToken })

const ofLeaseAnswer = ({ code, details }: LeaseAnswer): Answer =>
  code === null ? OK : answerOfRefusal({ code, details })

const ofRecovery = ({ failed }: Recovery): Answer => ({
  as: 'ok',
  ended: failed.map(({ tenant, workItemId }) => inTenant(tenant, workItemId)),
})

/** Every operation that a history is about, by name. All others pass unrecorded: they change no lease, key or journal. */
export const describedOperations: ReadonlyMap<string, DescribedOperation> = new Map([
  each(
    submitTask,
    ({ tenant, item, idempotency }) => ({
      item: inTenant(tenant, item.id),
      ...(idempotency && {
        key: inTenant(tenant, idempotency.key),
        request: idempotency.requestHash,
        value: storedValue(idempotency.response),
      }),
    }),
    ({ replayed, created }) => ({ as: 'ok', isRepeat: !created, ...(replayed && { value: storedValue(replayed) }) }),
  ),
  each(
    cancelTask,
    ({ tenant, id }) => ({ item: inTenant(tenant, id) }),
    // With nothing left open, the root item has ended as well, one way or another.
    ({ remaining }) => ({ as: 'ok', state: remaining ? 'open' : 'ended' }),
  ),
  each(
    spawnWorkItems,
    ({ parent }) => underLease(parent),
    () => OK,
  ),
  each(
    claim,
    () => ({}),
    (leases) => ({
      as: 'ok',
      leases: leases.map(({ tenant, workItemId, fencingToken }) => ({
        item: inTenant(tenant, workItemId),
        token: fencingToken,
      })),
    }),
  ),
  many(
    startLeases,
    ({ leases }) => leases.map((lease) => ({ name: startLeases.name, ...underLease(lease) })),
    (answers) => answers.map(ofLeaseAnswer),
  ),
  many(
    heartbeat,
    ({ leases }) => leases.map((lease) => ({ name: heartbeat.name, ...underLease(lease) })),
    (answers) => answers.map(ofLeaseAnswer),
  ),
  each(
    complete,
    (args) => ({ ...underLease(args), value: storedValue(args.result) }),
    ({ duplicate }) => ({ as: 'ok', state: 'completed', isRepeat: duplicate }),
  ),
  many(
    completeAll,
    ({ completions }) =>
      completions.map((each_) => ({ name: complete.name, ...underLease(each_), value: storedValue(each_.result) })),
    ({ duplicates, refusals }, { completions }) => {
      const answers = completions.map((_, at): Answer => {
        return { as: 'ok', state: 'completed', isRepeat: duplicates.includes(at) }
      })
      for (const { index, refusal } of refusals) answers[index] = answerOfRefusal(refusal)
      return answers
    },
  ),
  each(
    fail,
    (args) => ({ ...underLease(args), value: fingerprint(args.error) }),
    ({ state }) => ({ as: 'ok', state }),
  ),
  each(
    release,
    (args) => underLease(args),
    ({ state }) => ({ as: 'ok', state }),
  ),
  each(
    leaseStatus,
    ({ tenant, workItemId }) => ({ item: inTenant(tenant, workItemId) }),
    (status) => (status ? { as: 'ok', token: status.fencingToken, state: status.state } : OK),
  ),
  each(
    getWorkItem,
    ({ tenant, id }) => ({ item: inTenant(tenant, id) }),
    (item) => (item ? { as: 'ok', token: item.fencingToken, state: item.state } : OK),
  ),
  each(
    appendCheckpoint,
    (args) => ({ ...underLease(args), id: args.id }),
    ({ position }) => ({ as: 'ok', position }),
  ),
  each(
    beginCheckpoint,
    (args) => underLease(args),
    () => OK,
  ),
  each(
    appendLog,
    (args) => underLease(args),
    () => OK,
  ),
  each(
    checkOrCreateKey,
    ({ tenant, key, requestHash }) => ({ key: inTenant(tenant, key), request: requestHash }),
    (claimed) => {
      const { outcome } = claimed
      if (outcome === 'completed') return { as: 'ok', outcome, value: storedValue(claimed.response) }
      return outcome === 'in_progress' ? { as: 'ok', outcome } : { as: 'ok', outcome, token: claimed.fencingToken }
    },
  ),
  each(
    heartbeatKey,
    (args) => underKey(args),
    () => OK,
  ),
  each(
    completeKey,
    (args) => ({ ...underKey(args), value: storedValue(args.response) }),
    ({ duplicate }) => ({ as: 'ok', isRepeat: duplicate }),
  ),
  each(
    failKey,
    (args) => ({ ...underKey(args), value: fingerprint(args.error) }),
    () => OK,
  ),
  each(
    forgetKey,
    ({ tenant, key }) => ({ key: inTenant(tenant, key) }),
    () => OK,
  ),
  each(
    recoverExpired,
    () => ({}),
    (recovery) => ofRecovery(recovery),
  ),
  each(
    recoverProcess,
    () => ({}),
    (recovery) => ofRecovery(recovery),
  ),
])
