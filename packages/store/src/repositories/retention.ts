import { CHECKPOINTS_KEPT, MAX_BATCH } from '../defaults.js'
import { checkInteger } from '../input.js'
import { deleteFinishedTasks, pruneCheckpoints } from '../retention.js'
import { checkTime } from './edge.js'
import { tenantOf, type RepositoryContext, type TenantOption } from './context.js'

/** Deletes what is no longer needed, in bounded steps. Nothing else deletes rows that the triggers protect. */
export class Retention {
  constructor(private readonly context: RepositoryContext) {}

  /**
   * Takes one step through the work items of all tenants and deletes progress checkpoints beyond the newest `keep` of
   * each. Never: the newest, the last verified of each type, and what a live item would replay.
   *
   * @param options.afterItemSeq Where the last step stopped (`nextItemSeq`).
   * @param options.limit Items to look at, 1 to 1,000.
   * @returns `nextItemSeq`, undefined after the last step.
   */
  async pruneCheckpoints(
    options: { readonly keep?: number; readonly afterItemSeq?: number; readonly limit?: number } = {},
  ): Promise<{ readonly deleted: number; readonly nextItemSeq: number | undefined }> {
    const { keep = CHECKPOINTS_KEPT, afterItemSeq = 0, limit = MAX_BATCH } = options
    const { deleted, nextItemSeq } = await this.context.submits.submit(pruneCheckpoints, {
      keep: checkInteger('keep', keep, 1, Number.MAX_SAFE_INTEGER),
      afterItemSeq: checkInteger('afterItemSeq', afterItemSeq, 0, Number.MAX_SAFE_INTEGER),
      limit: checkInteger('limit', limit, 1, MAX_BATCH),
    })
    return { deleted, nextItemSeq: nextItemSeq ?? undefined }
  }

  /**
   * Deletes tasks that ended before a time, with all their rows, at most `limit` rows in one step. Idempotency keys
   * stay until they expire.
   *
   * @param options.tenant All tenants where none is named.
   * @returns `remaining`: true while there is more to delete.
   */
  async deleteFinishedTasks(
    options: { readonly finishedBeforeMs: number; readonly limit?: number } & TenantOption,
  ): Promise<{ readonly deletedTasks: number; readonly remaining: boolean }> {
    const { finishedBeforeMs, limit = MAX_BATCH, tenant } = options
    return this.context.submits.submit(deleteFinishedTasks, {
      tenant: tenant === undefined ? null : tenantOf(this.context, { tenant }),
      finishedBeforeMs: checkTime('finishedBeforeMs', finishedBeforeMs),
      limit: checkInteger('limit', limit, 1, MAX_BATCH),
    })
  }
}
