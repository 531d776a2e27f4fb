import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { examine, openStore } from '@holdfast/store/sqlite'
import { contradictions, unclear, workARound } from './workload.mjs'

/** Rounds until the log has been copied back and begun anew once. */
const MOST_ROUNDS = 5
/** After the fault has struck: what follows a failure is where one goes on as if nothing had been. */
const ROUNDS_AFTER = 2
/** Rounds once the disk is well; all of them must be done. */
const ROUNDS_WELL = 2
/** A store that was refused a file, or lost a thread, tries again within this. */
const RECOVERY_MS = 10_000

/**
 * One life of a store on a file of its own: made, worked on in groups, its log begun anew, closed; with one fault on the
 * way, after which the disk is well again. The same process goes on, and then everything that was answered is looked up:
 * in the store, and after it was opened again.
 *
 * @param {{ folder: string, disk: import('../failing-disk/failing-disk.mjs').FailingDisk, name: string, fault: import('../failing-disk/failing-disk.mjs').Fault }} life
 */
export const live = async ({ folder, disk, name, fault }) => {
  const home = join(folder, name)
  mkdirSync(home)
  const path = join(home, 'holdfast.db')
  const answers = []
  const violations = []
  disk.arm(fault)
  let store = await openOr(path, violations)
  let [rounds, after] = [0, 0]
  while (store && rounds < MOST_ROUNDS && after < ROUNDS_AFTER) {
    if (disk.failures > 0) after += 1
    await workARound(store, `${name}-${rounds}`, answers)
    rounds += 1
  }
  if (disk.failures > 0 && store) violations.push(...(await unanswered(store, answers)))
  // Closing is the last chance of a fault that hasn't struck: it copies the log back.
  if (store && disk.failures === 0) {
    await store.close().catch((error) => violations.push(...notClear('closing', error)))
    store = undefined
  }
  const { failures, calls } = disk
  disk.mend()

  const startedMs = performance.now()
  store ??= await openOr(path, violations, RECOVERY_MS)
  if (!store) return { failures, calls, violations, recoveryMs: RECOVERY_MS }
  const recoveryMs = (await isWell(store, `${name}-well`, answers)) ? performance.now() - startedMs : RECOVERY_MS
  const last = []
  for (let i = 0; i < ROUNDS_WELL; i += 1) await workARound(store, `${name}-last-${i}`, last)
  for (const { kind, id, outcome } of last)
    if (outcome !== 'ok') violations.push({ what: `on a disk that is well a ${kind} was answered ${outcome}`, id })
  answers.push(...last)
  violations.push(...unclear(answers), ...(await contradictions(store, answers)))
  await store.close()

  const again = await openStore({ path })
  violations.push(
    ...(await contradictions(again, answers)).map(({ what, id }) => ({
      what: `${what}, once it was opened again`,
      id,
    })),
  )
  await again.close()
  for (const { severity, code, message } of examine({ path, full: true }).findings)
    if (severity === 'problem' && !ABOUT_THE_MACHINE.includes(code)) violations.push({ what: `${code}: ${message}` })
  if (violations.length === 0) rmSync(home, { recursive: true })
  const count = (wanted) => answers.filter(({ outcome }) => outcome === wanted).length
  return {
    failures,
    calls,
    violations: violations.map((violation) => ({ ...violation, home })),
    recoveryMs,
    acknowledged: count('ok'),
    unknown: count('store.outcome_unknown'),
    refused: answers.length - count('ok') - count('store.outcome_unknown'),
  }
}

const ABOUT_THE_MACHINE = ['disk.full', 'process.dead']

/** A store; undefined where the disk keeps it from being opened, which it has to say in so many words. */
const openOr = async (path, violations, withinMs = 0) => {
  const untilMs = performance.now() + withinMs
  for (;;) {
    try {
      return await openStore({ path })
    } catch (error) {
      if (performance.now() < untilMs) continue
      violations.push(
        ...(withinMs > 0
          ? [{ what: `it is not opened on a disk that is well: ${error}` }]
          : notClear('opening', error)),
      )
      return undefined
    }
  }
}

/** What an opening or closing may say. */
const CLEAR = ['store.io', 'store.disk_full', 'store.outcome_unknown']

const notClear = (doing, error) =>
  CLEAR.includes(error.code)
    ? []
    : [{ what: `${doing} was answered ${error.code ?? error}, which is no clear word on a disk` }]

/** While nothing can be written, what is there can be read. */
const unanswered = async (store, answers) => {
  const there = answers.find(({ kind, outcome }) => kind === 'submit' && outcome === 'ok')
  if (!there) return []
  try {
    return (await store.tasks.get(there.id))
      ? []
      : [{ what: 'a read while the disk failed found nothing', id: there.id }]
  } catch (error) {
    return [{ what: `a read while the disk failed was answered ${error.code ?? error}`, id: there.id }]
  }
}

/** Whether a round goes well before long; what fails until then is noted as any other. */
const isWell = async (store, name, answers) => {
  const untilMs = performance.now() + RECOVERY_MS
  for (let round = 0; performance.now() < untilMs; round += 1) {
    const seen = []
    await workARound(store, `${name}-${round}`, seen)
    answers.push(...seen)
    if (seen.every(({ outcome }) => outcome === 'ok')) return true
  }
  return false
}
