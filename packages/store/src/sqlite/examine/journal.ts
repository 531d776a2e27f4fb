import type { Finding } from './finding.js'
import { countOf, firstItemSeq, type Look } from './look.js'

/** No change without its journal row, no row without its change; positions without a gap. Of the newest items, unless in full. */
export function* journal(look: Look): Iterable<Finding> {
  const { connection } = look
  const first = firstItemSeq(look)
  const gaps = countOf(connection, GAPS, first, first, first)
  if (gaps > 0)
    yield {
      code: 'journal.gap',
      severity: 'problem',
      message: `${gaps} items have a journal or a line of checkpoints with holes, or one that ends before its count`,
      fix: 'rows were deleted around the triggers: keep a copy of the file, find who wrote it, and restore a backup',
    }

  const contradictions = countOf(connection, CONTRADICTIONS, first)
  if (contradictions > 0)
    yield {
      code: 'journal.contradiction',
      severity: 'problem',
      message: `${contradictions} items are in a state that their journal does not tell of, or ended more than once in it`,
      fix: 'somebody wrote around the triggers: keep a copy of the file, find who wrote it, and restore a backup',
    }
}

/**
 * Retention takes a journal from its front and checkpoints from the middle, so what is left of a journal must be without
 * holes, and both must end where the count says. A journal that is gone altogether belongs to a task that is going.
 */
const GAPS = `
  SELECT count(*) AS count FROM work_item_streams AS stream
  LEFT JOIN (
    SELECT work_item_seq, count(*) AS rows, min(position) AS first, max(position) AS last
    FROM events WHERE work_item_seq >= ? GROUP BY work_item_seq
  ) AS told ON told.work_item_seq = stream.work_item_seq
  LEFT JOIN (
    SELECT work_item_seq, max(position) AS last
    FROM checkpoints WHERE work_item_seq >= ? GROUP BY work_item_seq
  ) AS saved ON saved.work_item_seq = stream.work_item_seq
  WHERE stream.work_item_seq >= ? AND (
    told.rows <> told.last - told.first + 1
    OR told.last <> stream.event_position
    OR saved.last <> stream.checkpoint_position
    OR ((told.last IS NULL OR (saved.last IS NULL AND stream.checkpoint_position > 0)) AND EXISTS (
      SELECT 1 FROM work_items AS item JOIN tasks AS task ON task.seq = item.task_seq
      WHERE item.seq = stream.work_item_seq AND task.state = 'active'))
  )`

const CONTRADICTIONS = `
  SELECT count(*) AS count FROM (
    SELECT item.finished_at_ms IS NOT NULL AS ended,
      sum(event.type IN ('item.completed', 'item.failed', 'item.cancelled')) AS endings,
      sum(event.type = 'item.' || item.state) AS own
    FROM work_items AS item JOIN events AS event ON event.work_item_seq = item.seq
    WHERE item.seq >= ? GROUP BY item.seq
  ) AS told WHERE told.endings <> told.ended OR (told.ended AND told.own <> 1)`
