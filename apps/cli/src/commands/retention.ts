import { CHECKPOINTS_KEPT } from '@holdfast/store'
import { openStore } from '@holdfast/store/sqlite'
import { createRetention, type EngineStore, resolveSettings } from '@holdfast/engine'
import { findDatabase } from '@holdfast/engine/app'
import { EXIT } from '../failure.js'
import { table, type Terminal } from '../terminal.js'
import type { Surroundings } from './surroundings.js'

export interface RetentionCommand {
  readonly dryRun?: boolean
  readonly json?: boolean
  /** Days that an ended task is kept. */
  readonly tasksDays?: number
  /** Days that the row of an ended process is kept. */
  readonly processesDays?: number
  /** Progress checkpoints kept per item. */
  readonly keepCheckpoints?: number
}

const DAY_MS = 86_400_000

/** What was deleted, or would be. */
export interface RetentionCounts {
  readonly tasks: number
  readonly processes: number
  readonly expiredKeys: number
  readonly supersededCheckpoints: number
}

/**
 * Deletes what has ended long ago, as workers do by themselves, on the file that a worker would open; or only counts it.
 *
 * @throws what opening the store refuses: `store.*`.
 */
export const retention = async (
  terminal: Terminal,
  options: RetentionCommand,
  { env, cwd, signal }: Surroundings,
): Promise<number> => {
  const { dryRun = false, tasksDays = 30, processesDays = 7, keepCheckpoints = CHECKPOINTS_KEPT } = options
  const path = await findDatabase(resolveSettings(env, cwd))
  const store = await openStore({ path, create: false })
  try {
    const kept = { tasksMs: tasksDays * DAY_MS, processesMs: processesDays * DAY_MS }
    const found = await count(store, kept, keepCheckpoints)
    if (!dryRun) await remove(store, kept, keepCheckpoints, signal)
    if (options.json) terminal.line(JSON.stringify({ dryRun, ...found }, null, 2))
    else
      for (const line of table([
        [dryRun ? 'would delete' : 'deleted', ''],
        ['tasks', `${found.tasks} that ended more than ${tasksDays} days ago`],
        ['processes', `${found.processes} that ended more than ${processesDays} days ago`],
        ['keys', `${found.expiredKeys} that have expired`],
        ['checkpoints', `${found.supersededCheckpoints} beyond the newest ${keepCheckpoints} of their item`],
      ]))
        terminal.line(line)
    return EXIT.ok
  } finally {
    await store.close()
  }
}

interface Kept {
  readonly tasksMs: number
  readonly processesMs: number
}

const count = async (store: EngineStore, { tasksMs, processesMs }: Kept, keep: number): Promise<RetentionCounts> => {
  const before = (ms: number): number => Math.max(0, Date.now() - ms)
  const counts = await store.retention.count({ finishedBeforeMs: before(tasksMs), endedBeforeMs: before(processesMs) })
  let supersededCheckpoints = 0
  for (let afterItemSeq: number | undefined = 0; afterItemSeq !== undefined; ) {
    const step = await store.retention.countSuperseded({ keep, afterItemSeq })
    supersededCheckpoints += step.superseded
    afterItemSeq = step.nextItemSeq
  }
  return { ...counts, supersededCheckpoints }
}

const remove = async (store: EngineStore, kept: Kept, keep: number, signal: AbortSignal): Promise<void> => {
  await createRetention({ store, ...kept }).passNow(signal)
  for (let afterItemSeq: number | undefined = 0; afterItemSeq !== undefined && !signal.aborted; ) {
    const step = await store.retention.pruneCheckpoints({ keep, afterItemSeq })
    afterItemSeq = step.nextItemSeq
  }
  while (!signal.aborted && (await store.sweep.expireKeys({ limit: 500 })).deleted === 500);
}
