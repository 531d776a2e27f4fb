import { granted, operation } from '@holdfast/store'
import { preparedRows, severalStatements } from '@holdfast/store/sqlite'
import { sql } from 'drizzle-orm'

/** Looks at a whole file through the store's own write connection: what is in it, and what contradicts itself. */
export const lookAtAll = operation('proof.look')

const DAMAGE = sql.raw('PRAGMA quick_check(5)')
const ORPHANS = sql.raw('PRAGMA foreign_key_check')

const TASKS = sql.raw(`SELECT id, state, metadata ->> 'key' AS "key" FROM tasks`)
const ITEMS = sql.raw(`
  SELECT item.id, count(child.seq) AS children
  FROM work_items AS item
  LEFT JOIN work_items AS child ON child.parent_seq = item.seq
  GROUP BY item.seq`)
const CHECKPOINTS = sql.raw(`
  SELECT item.id, checkpoints.snapshot ->> 'step' AS step
  FROM checkpoints JOIN work_items AS item ON item.seq = checkpoints.work_item_seq
  WHERE checkpoints.type = 'iteration_end'`)
const KEYS = sql.raw(`
  SELECT keys.key, keys.state, keys.response ->> 'id' AS "answeredId", tasks.id AS "taskId"
  FROM idempotency_keys AS keys LEFT JOIN tasks ON tasks.seq = keys.task_seq`)

/** Each names rows that must not be there. */
const CONTRADICTIONS = {
  'a journal with a gap, or without its counter': sql.raw(`
    SELECT item.id FROM work_items AS item
    LEFT JOIN work_item_streams AS stream ON stream.work_item_seq = item.seq
    LEFT JOIN (
      SELECT work_item_seq, min(position) AS first, max(position) AS last, count(position) AS rows
      FROM events GROUP BY work_item_seq
    ) AS journal ON journal.work_item_seq = item.seq
    WHERE journal.first IS NOT 1 OR journal.last <> journal.rows OR journal.last IS NOT stream.event_position`),
  'checkpoints with a gap, or without their counter': sql.raw(`
    SELECT stream.work_item_seq AS id FROM work_item_streams AS stream
    LEFT JOIN (
      SELECT work_item_seq, max(position) AS last, count(position) AS rows FROM checkpoints GROUP BY work_item_seq
    ) AS list ON list.work_item_seq = stream.work_item_seq
    WHERE coalesce(list.last, 0) <> coalesce(list.rows, 0) OR coalesce(list.last, 0) <> stream.checkpoint_position`),
  'an item that ended without a word in its journal, or more than once': sql.raw(`
    SELECT item.id FROM work_items AS item
    LEFT JOIN events ON events.work_item_seq = item.seq
      AND events.type IN ('item.completed', 'item.failed', 'item.cancelled')
    GROUP BY item.seq
    HAVING count(events.position) <> (item.state IN ('completed', 'failed', 'cancelled'))`),
  'a task that is settled while its items are not, or the other way round': sql.raw(`
    SELECT tasks.id FROM tasks
    LEFT JOIN work_items AS open ON open.task_seq = tasks.seq AND open.state NOT IN ('completed', 'failed', 'cancelled')
    GROUP BY tasks.seq
    HAVING (tasks.state = 'active') <> (count(open.seq) > 0)`),
  'a task without its root item': sql.raw(`
    SELECT id FROM tasks WHERE NOT EXISTS (
      SELECT 1 FROM work_items AS item WHERE item.task_seq = tasks.seq AND item.is_root = 1 AND item.id = tasks.id)`),
  'an event that is younger than its item says': sql.raw(`
    SELECT item.id FROM events JOIN work_items AS item ON item.seq = events.work_item_seq
    WHERE events.fencing_token > item.fencing_token`),
  'a permit to delete that outlived its transaction': sql.raw('SELECT kind AS id FROM retention_permits'),
}

const look = severalStatements(lookAtAll, (db) => {
  const rowsOf = (statement) => preparedRows(db, statement)
  const contradictions = Object.entries(CONTRADICTIONS).map(([what, statement]) => [what, rowsOf(statement)])
  const [damage, orphans] = [rowsOf(DAMAGE), rowsOf(ORPHANS)]
  const [tasks, items, checkpoints, keys] = [TASKS, ITEMS, CHECKPOINTS, KEYS].map(rowsOf)
  return () => {
    const problems = [
      ...damage({})
        .map((row) => String(Object.values(row)[0]))
        .filter((answer) => answer !== 'ok')
        .map((answer) => `damaged: ${answer}`),
      ...orphans({}).map((row) => `a row of ${row.table} points at nothing in ${row.parent}`),
      ...contradictions.flatMap(([what, rows]) => rows({}).map(({ id }) => `${what}: ${id}`)),
    ]
    return granted({ problems, tasks: tasks({}), items: items({}), checkpoints: checkpoints({}), keys: keys({}) })
  }
})

export const sqlite = { name: 'proof', url: import.meta.url, bindings: [look] }
