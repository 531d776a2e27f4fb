import { operation, query, type Operation } from './operation.js'

/**
 * Deletes progress checkpoints beyond the newest `keep` of each item, whether it lives or has ended.
 *
 * A checkpoint is superseded once `keep` newer ones of its item exist: work resumes from the newest, and rolls back to
 * the last verified one. So these are never deleted, however old: the newest, the last verified of each type, and what
 * a live item would replay (`isReplayed`).
 *
 * Looks at up to `limit` items from `afterItemSeq` on and deletes at most 1,000 rows, so that one call is one bounded
 * transaction; `nextItemSeq` is where the next call goes on, null at the end.
 */
export const pruneCheckpoints: Operation<
  { readonly keep: number; readonly afterItemSeq: number | null; readonly limit: number },
  { readonly deleted: number; readonly nextItemSeq: number | null }
> = operation('retention.pruneCheckpoints')

/**
 * Deletes ended tasks with their items, journals and checkpoints, the one that ended first before the others, at most
 * `limit` rows per call: a large task goes in steps, journals first, so that what is left can still be read. Keys
 * stay: an answer outlives the task it came from.
 */
export const deleteFinishedTasks: Operation<
  { readonly tenant: string | null; readonly finishedBeforeMs: number; readonly limit: number },
  { readonly deletedTasks: number; readonly remaining: boolean }
> = operation('retention.deleteFinishedTasks')

/**
 * Deletes the rows of processes that stopped, or were found dead, before a time, at most `limit`. One whose leases nobody
 * has taken back yet stays. Their leases and keys name them by an id that is never given again.
 */
export const deleteEndedProcesses: Operation<
  { readonly endedBeforeMs: number; readonly limit: number },
  { readonly deleted: number }
> = operation('retention.deleteEndedProcesses')

/** What retention would delete at once, and what the sweep would: counted, not touched. */
export const countRetirable: Operation<
  { readonly finishedBeforeMs: number; readonly endedBeforeMs: number; readonly nowMs: number },
  { readonly tasks: number; readonly processes: number; readonly expiredKeys: number }
> = query('retention.countRetirable')

/** What {@link pruneCheckpoints} would delete of up to `limit` items from `afterItemSeq` on. */
export const countSuperseded: Operation<
  { readonly keep: number; readonly afterItemSeq: number | null; readonly limit: number },
  { readonly superseded: number; readonly nextItemSeq: number | null }
> = query('retention.countSuperseded')
