import { CHECKPOINTS_KEPT, MAX_BATCH } from '../defaults.js'
import { checkInteger } from '../input.js'
import {
  countRetirable,
  countSuperseded,
  deleteEndedProcesses,
  deleteFinishedTasks,
  pruneCheckpoints,
} from '../retention.js'
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
    const { deleted, nextItemSeq } = await this.context.submits.submit(pruneCheckpoints, stepOf(options))
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

  /**
   * Deletes the rows of processes that ended before a time, at most `limit` in one step. One that still holds a lease
   * stays until a sweep has taken that back.
   */
  async deleteEndedProcesses(options: {
    readonly endedBeforeMs: number
    readonly limit?: number
  }): Promise<{ readonly deleted: number }> {
    const { endedBeforeMs, limit = MAX_BATCH } = options
    return this.context.submits.submit(deleteEndedProcesses, {
      endedBeforeMs: checkTime('endedBeforeMs', endedBeforeMs),
      limit: checkInteger('limit', limit, 1, MAX_BATCH),
    })
  }

  /** Counts what {@link deleteFinishedTasks} and {@link deleteEndedProcesses} would delete, and keys that have expired. */
  async count(options: {
    readonly finishedBeforeMs: number
    readonly endedBeforeMs: number
  }): Promise<{ readonly tasks: number; readonly processes: number; readonly expiredKeys: number }> {
    return this.context.submits.submit(countRetirable, {
      finishedBeforeMs: checkTime('finishedBeforeMs', options.finishedBeforeMs),
      endedBeforeMs: checkTime('endedBeforeMs', options.endedBeforeMs),
      nowMs: this.context.clock.nowMs(),
    })
  }

  /** Counts what one step of {@link pruneCheckpoints} would delete, and says where the next one goes on. */
  async countSuperseded(
    options: { readonly keep?: number; readonly afterItemSeq?: number; readonly limit?: number } = {},
  ): Promise<{ readonly superseded: number; readonly nextItemSeq: number | undefined }> {
    const { superseded, nextItemSeq } = await this.context.submits.submit(countSuperseded, stepOf(options))
    return { superseded, nextItemSeq: nextItemSeq ?? undefined }
  }
}

/** The step of a walk through all work items. */
const stepOf = ({
  keep = CHECKPOINTS_KEPT,
  afterItemSeq = 0,
  limit = MAX_BATCH,
}: {
  readonly keep?: number
  readonly afterItemSeq?: number
  readonly limit?: number
}): { readonly keep: number; readonly afterItemSeq: number; readonly limit: number } => ({
  keep: checkInteger('keep', keep, 1, Number.MAX_SAFE_INTEGER),
  afterItemSeq: checkInteger('afterItemSeq', afterItemSeq, 0, Number.MAX_SAFE_INTEGER),
  limit: checkInteger('limit', limit, 1, MAX_BATCH),
})
