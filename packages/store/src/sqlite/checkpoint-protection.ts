import { sql, type SQL } from 'drizzle-orm'

/** True when the last verification of the checkpoint called `alias` found everything. */
const isVerified = (alias: string): SQL => {
  const of = sql.raw(alias)
  return sql`exists (
    select 1 from checkpoint_verifications as found
    where found.checkpoint_seq = ${of}.seq and found.outcome = 'verified'
      and not exists (
        select 1 from checkpoint_verifications as again
        where again.checkpoint_seq = ${of}.seq and again.seq > found.seq
      )
  )`
}

/** What `rollbackTo` would go back to. */
const isLastVerifiedOfItsType: SQL = sql`(${isVerified('checkpoint')} and not exists (
    select 1 from checkpoints as later
    where later.work_item_seq = checkpoint.work_item_seq and later.type = checkpoint.type
      and later.position > checkpoint.position and ${isVerified('later')}
  ))`

/** A step's result that the next attempt of its item will ask for. */
const isReplayedByALiveItem: SQL = sql`(checkpoint.is_replayed = 1 and exists (
    select 1 from work_items as live
    where live.seq = checkpoint.work_item_seq and live.state not in ('completed', 'failed', 'cancelled')
  ))`

/** What work resumes from. */
const isNewest: SQL = sql`not exists (
    select 1 from checkpoints as newer
    where newer.work_item_seq = checkpoint.work_item_seq and newer.position > checkpoint.position
  )`

/**
 * True for a row of `checkpoints AS checkpoint` that neither a caller nor retention may delete: the newest of its
 * item, the last verified of its type, and what a live item would replay. A checkpoint whose item is gone is none.
 */
export const checkpointIsProtected: SQL = sql`checkpoint.work_item_seq is not null and (
    ${isReplayedByALiveItem} or ${isNewest} or ${isLastVerifiedOfItsType}
  )`
