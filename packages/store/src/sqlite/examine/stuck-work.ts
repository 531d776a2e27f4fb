import type { Finding } from './finding.js'
import { countOf, type Look } from './look.js'

/** A due item that nobody has promoted or claimed for so long: no worker takes its queue. */
const STUCK_MS = 60_000
/** A lease that nobody has taken back for so long after its end: no sweeper runs. */
const UNSWEPT_MS = 10_000
/** Active tasks that the quick way looks at, the oldest first. */
const OLDEST_TASKS = 1_000

/** Work that waits for somebody who isn't there. */
export function* stuckWork({ connection, nowMs, full }: Look): Iterable<Finding> {
  const expired = countOf(
    connection,
    `SELECT count(*) AS count FROM work_items WHERE state = 'running' AND lease_expires_at_ms < ?`,
    nowMs - UNSWEPT_MS,
  )
  if (expired > 0)
    yield {
      code: 'lease.unswept',
      severity: 'problem',
      message: `${expired} leases ran out and nobody has taken them back`,
      fix: 'start the API or a worker: both sweep',
    }

  const due = countOf(
    connection,
    `SELECT count(*) AS count FROM work_items WHERE state = 'scheduled' AND visible_at_ms < ?`,
    nowMs - STUCK_MS,
  )
  if (due > 0)
    yield {
      code: 'work_item.not_promoted',
      severity: 'problem',
      message: `${due} scheduled items have been due for a minute or more`,
      fix: 'start the API or a worker: both promote what is due',
    }

  const waiting = connection
    .prepare(
      `SELECT queue AS name, count(*) AS count FROM work_items
       WHERE state = 'pending' AND updated_at_ms < ?
       GROUP BY queue ORDER BY count DESC LIMIT 5`,
    )
    .all(nowMs - STUCK_MS)
  if (waiting.length > 0)
    yield {
      code: 'queue.unattended',
      severity: 'notice',
      message: `items have been pending for a minute or more: ${waiting.map((q) => `${q.name} (${q.count})`).join(', ')}`,
      fix: 'start a worker whose config names these tasks, or more of them',
    }

  const empty = countOf(
    connection,
    `SELECT count(*) AS count FROM (SELECT seq FROM tasks WHERE state = 'active' ORDER BY seq LIMIT ?) AS task
     WHERE NOT EXISTS (
       SELECT 1 FROM work_items WHERE task_seq = task.seq AND state IN ('scheduled', 'pending', 'running', 'waiting'))`,
    full ? -1 : OLDEST_TASKS,
  )
  if (empty > 0)
    yield {
      code: 'task.without_items',
      severity: 'problem',
      message: `${empty} tasks are active and have nothing left to run: they never end by themselves`,
      fix: 'end each by hand: holdfast cancel <id> (holdfast tasks --state active lists them), and report it as a defect',
    }
}

/** A permit lives inside the transaction that deletes under it. */
export function* leftPermits({ connection }: Look): Iterable<Finding> {
  const permits = countOf(connection, 'SELECT count(*) AS count FROM retention_permits')
  if (permits > 0)
    yield {
      code: 'retention.permit_left',
      severity: 'problem',
      message: `${permits} retention permits outlived their transaction: their rows can be deleted by anyone`,
      fix: 'find who wrote them, then, with every process stopped: sqlite3 <file> "DELETE FROM retention_permits"',
    }
}
