import { operation, type Operation } from './operation.js'

/**
 * Deletes progress checkpoints beyond the newest `keep` of each item that a later verified one supersedes, or whose
 * item has ended. Never: a replayed checkpoint of a live item, the last verified one of each type, or the newest.
 * Looks at up to `limit` items from `afterItemSeq` on, so that one pass is one bounded transaction.
 */
export const pruneCheckpoints: Operation<
  { readonly keep: number; readonly afterItemSeq: number | null; readonly limit: number },
  { readonly deleted: number; readonly nextItemSeq: number | null }
> = operation('retention.pruneCheckpoints')

/** Deletes ended tasks with their items, journals and checkpoints, oldest first, at most `limit` rows per call. */
export const deleteFinishedTasks: Operation<
  { readonly tenant: string | null; readonly finishedBeforeMs: number; readonly limit: number },
  { readonly deletedTasks: number; readonly remaining: boolean }
> = operation('retention.deleteFinishedTasks')
