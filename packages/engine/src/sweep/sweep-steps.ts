import type { SeenLease } from '@holdfast/store'
import { SWEEP_LIMIT, SWEEP_ROUNDS, WATCHED_LEASES } from '../defaults.js'
import type { EngineStore } from '../engine-store.js'
import { isKeeperId } from '../lease-keeper/keeper-id.js'
import type { Scan, ScanTally } from './scan.js'

export interface StepContext {
  readonly store: EngineStore
  readonly sweeper: string
  readonly errorCheckpoints: boolean
  readonly tally: ScanTally
}

/** Runs bounded transactions until one finds less than it could carry, at most {@link SWEEP_ROUNDS} of them. */
const inRounds = async (round: () => Promise<boolean>): Promise<void> => {
  for (let i = 0; i < SWEEP_ROUNDS; i++) if (!(await round())) return
}

const limit = SWEEP_LIMIT

/** Scheduled items whose time has come, for queues that nobody claims from at the moment. */
export const promoteDue = ({ store, tally }: StepContext): Promise<void> =>
  inRounds(async () => {
    const { promoted } = await store.sweep.promoteDue({ limit })
    tally.sums.promoted += promoted
    return promoted === limit
  })

/**
 * Leases that have run out by the wall clock, while that can be trusted, and those that have by monotonic time whatever
 * it says: a clock that is set again and again keeps nobody's dead lease alive. After a long wait for the lock neither
 * counts, because no heartbeat got through.
 */
export const recoverExpired = (
  { store, sweeper, errorCheckpoints, tally }: StepContext,
  { overdue, doubt }: { readonly overdue: readonly SeenLease[]; readonly doubt: () => Scan['deferred'] },
): Promise<void> => {
  let stillOverdue = overdue
  return inRounds(async () => {
    const doubted = doubt()
    if (doubted === 'lock_wait' || (doubted !== null && stillOverdue.length === 0)) return false
    const batch = stillOverdue.slice(0, limit)
    stillOverdue = stillOverdue.slice(limit)
    const isClockTrusted = doubted === null
    const recovery = await store.sweep.recoverExpired({
      sweeper,
      limit,
      errorCheckpoints,
      overdue: batch,
      isClockTrusted,
    })
    tally.addRecovery('recover_expired', recovery)
    // Items that can't be recovered are found again each time: without progress there is no use in another round.
    const progress = recovery.recovered.length + recovery.failed.length
    return progress > 0 && (recovery.found >= limit || stillOverdue.length > 0)
  })
}

/**
 * Takes back at once what dead processes hold, also of those that died before they had registered. Any number of
 * sweepers may find the same one: each lease goes back once, and the process counts once.
 */
export const recoverDeadProcesses = async (context: StepContext): Promise<void> => {
  const { store, tally } = context
  for (const id of await store.liveness.dead()) {
    // A lease thread's own: what it kept alive is held by the process that it belonged to.
    const isKeeper = isKeeperId(id)
    // With more to take back than one scan may, it stays to be found by the next.
    if (!isKeeper && !(await recoverProcess(context, id))) continue
    const isFirst = await store.liveness.forget(id)
    if (isFirst && !isKeeper) tally.sums.deadProcesses += 1
  }
}

/** @returns whether nothing is left that could be taken back. */
const recoverProcess = async (context: StepContext, processId: string): Promise<boolean> => {
  const { store, sweeper, errorCheckpoints, tally } = context
  let remains = true
  await inRounds(async () => {
    const recovery = await store.sweep.recoverProcess({ processId, sweeper, limit, errorCheckpoints })
    tally.addRecovery('recover_process', recovery)
    remains = recovery.remaining
    return remains
  })
  return !remains
}

export const failOverdue = ({ store, tally }: StepContext): Promise<void> =>
  inRounds(async () => {
    const { failed } = await store.sweep.failOverdue({ limit })
    tally.sums.overdue += failed
    return failed === limit
  })

export const continueCancellations = ({ store, tally }: StepContext): Promise<void> =>
  inRounds(async () => {
    const { cancelled, remaining } = await store.sweep.continueCancellations({ limit })
    tally.sums.cancelled += cancelled
    return remaining
  })

export const expireKeys = ({ store, tally }: StepContext): Promise<void> =>
  inRounds(async () => {
    const { deleted } = await store.sweep.expireKeys({ limit })
    tally.sums.expiredKeys += deleted
    return deleted === limit
  })

/**
 * Prunes the checkpoints of some items, from where the last scan stopped: a store of any size is walked through in
 * time, and no scan is long.
 *
 * @returns Where the next scan goes on; undefined to begin anew.
 */
export const pruneCheckpoints = async (
  { store, tally }: StepContext,
  keep: number,
  from: number | undefined,
): Promise<number | undefined> => {
  const step = { keep, limit, ...(from === undefined ? {} : { afterItemSeq: from }) }
  const { deleted, nextItemSeq } = await store.retention.pruneCheckpoints(step)
  tally.sums.prunedCheckpoints += deleted
  return nextItemSeq
}

/** All running leases, page by page, those that run out first in front; at most {@link WATCHED_LEASES}. */
export const runningLeases = async ({ store }: StepContext): Promise<readonly SeenLease[]> => {
  const leases: SeenLease[] = []
  while (leases.length < WATCHED_LEASES) {
    const after = leases.at(-1)
    const page = await store.sweep.watchLeases({ limit, ...(after ? { after } : {}) })
    leases.push(...page)
    if (page.length < limit) break
  }
  return leases
}
