import { sql, type SQL } from 'drizzle-orm'

/** True when the last verification of the checkpoint called `alias` found everything. */
const isVerified = (alias: string): SQL => {
  const of = sql.raw(alias)
  return sql`EXISTS (
    SELECT 1 FROM checkpoint_verifications AS found
    WHERE found.checkpoint_seq = ${of}.seq AND found.outcome = 'verified'
      AND NOT EXISTS (
        SELECT 1 FROM checkpoint_verifications AS again
        WHERE again.checkpoint_seq = ${of}.seq AND again.seq > found.seq
      )
  )`
}

/** What `rollbackTo` would go back to. */
const isLastVerifiedOfItsType: SQL = sql`(${isVerified('checkpoint')} AND NOT EXISTS (
    SELECT 1 FROM checkpoints AS later
    WHERE later.work_item_seq = checkpoint.work_item_seq AND later.type = checkpoint.type
      AND later.position > checkpoint.position AND ${isVerified('later')}
  ))`

/** A step's result that the next attempt of its item will ask for. */
const isReplayedByALiveItem: SQL = sql`(checkpoint.is_replayed = 1 AND EXISTS (
    SELECT 1 FROM work_items AS live
    WHERE live.seq = checkpoint.work_item_seq AND live.state NOT IN ('completed', 'failed', 'cancelled')
  ))`

/** What work resumes from. */
const isNewest: SQL = sql`NOT EXISTS (
    SELECT 1 FROM checkpoints AS newer
    WHERE newer.work_item_seq = checkpoint.work_item_seq AND newer.position > checkpoint.position
  )`

/**
 * True for a row of `checkpoints AS checkpoint` that neither a caller nor retention may delete: the newest of its
 * item, the last verified of its type, and what a live item would replay. A checkpoint whose item is gone is none.
 */
export const checkpointIsProtected: SQL = sql`checkpoint.work_item_seq IS NOT NULL AND (
    ${isReplayedByALiveItem} OR ${isNewest} OR ${isLastVerifiedOfItsType}
  )`
