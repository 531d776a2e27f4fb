import type { Finding } from './finding.js'
import { countOf, firstItemSeq, type Look } from './look.js'

/** Tokens only ever grow: nothing that was written under a lease carries a higher one than its item has now. */
export function* fencing(look: Look): Iterable<Finding> {
  const { connection } = look
  const floor = connection.prepare(`SELECT value FROM store_properties WHERE name = 'fencing_floor'`).get()?.value
  if (floor !== undefined && !/^\d{1,15}$/.test(String(floor)))
    yield {
      code: 'fencing.floor_damaged',
      severity: 'problem',
      message: `the floor of all tokens reads ${JSON.stringify(floor)}, which counts as 0: a name given again starts low`,
      fix: 'restore a backup; or, with every process stopped, set it above every token: holdfast restore does so',
    }

  const first = firstItemSeq(look)
  const behind = countOf(
    connection,
    `SELECT count(*) AS count FROM work_items AS item WHERE item.seq >= ? AND item.fencing_token < max(
       coalesce((SELECT fencing_token FROM checkpoints WHERE work_item_seq = item.seq ORDER BY position DESC LIMIT 1), 0),
       coalesce((SELECT fencing_token FROM events WHERE work_item_seq = item.seq ORDER BY position DESC LIMIT 1), 0))`,
    first,
  )
  if (behind > 0)
    yield {
      code: 'fencing.behind',
      severity: 'problem',
      message: `${behind} items have a lower token than what was written under their leases: a stale owner would pass`,
      fix: 'the rows were put back by hand or from an old copy: restore a backup by holdfast restore, which raises the tokens',
    }
}
