import type { AppendCheckpointArgs } from '@holdfast/store'
import type { EngineStore } from './engine-store.js'

/** What an owner may mark; `error_boundary` is the sweep's own. */
export type OwnCheckpointType = AppendCheckpointArgs['type']

/** A checkpoint that work resumes from. */
export interface ResumePoint<Snapshot = unknown> {
  readonly id: string
  readonly position: number
  readonly type: OwnCheckpointType
  readonly name: string | null
  /** The attempt that wrote it. */
  readonly attempt: number
  readonly snapshot: Snapshot
  readonly createdAtMs: number
}

/** Looked at together: a recovered item has an error boundary or two above its newest own checkpoint. */
const PAGE = 10

/**
 * The newest checkpoint that the item's owners wrote, of one type or of any. The sweep's error boundaries say why an
 * attempt ended; nothing resumes from them.
 */
export const lastOwnCheckpoint = async (
  store: Pick<EngineStore, 'checkpoints'>,
  workItemId: string,
  type?: OwnCheckpointType,
): Promise<ResumePoint | undefined> => {
  let page = await store.checkpoints.list(workItemId, { ...(type === undefined ? {} : { type }), limit: PAGE })
  // Ends: every page starts below the last position of the one before.
  for (;;) {
    const own = page.find((checkpoint) => checkpoint.type !== 'error_boundary')
    if (own) {
      const { id, position, name, attempt, snapshot, createdAtMs } = own
      return { id, position, type: own.type as OwnCheckpointType, name, attempt, snapshot, createdAtMs }
    }
    const oldest = page.at(-1)
    if (!oldest || page.length < PAGE) return undefined
    page = await store.checkpoints.list(workItemId, { beforePosition: oldest.position, limit: PAGE })
  }
}
