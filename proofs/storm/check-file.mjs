import { openDatabase } from '@holdfast/store/sqlite'

/**
 * What a database file must be whatever happened to the processes that wrote it, by plain SQL: nothing of the product
 * stands between the rows and the check. Call it once every process has ended.
 *
 * @param {string} file
 * @returns {{ what: string }[]}
 */
export const checkFile = (file) => withRows(file, (rows) => invariants(rows))

/**
 * The same, and that the file holds everything that was acknowledged.
 *
 * @param {string} file
 * @param {Acknowledged} acknowledged
 * @param {{ keysMayHaveExpired?: boolean }} [options]
 * @returns {{ what: string }[]}
 */
export const checkAcknowledged = (file, acknowledged, options = {}) =>
  withRows(file, (rows) => [...invariants(rows), ...losses(rows, acknowledged, options)])

/**
 * What somebody was told and may rely on.
 *
 * @typedef {object} Acknowledged
 * @property {readonly { task: string, type: string, input: unknown }[]} submissions
 * @property {readonly { task: string, state: string }[]} cancellations The state that the answer gave.
 * @property {readonly { task: string, view: any }[]} endings A task that a client saw ended, as it saw it.
 * @property {readonly { item: string, attempt: number }[]} completions
 * @property {readonly any[]} notes What handlers noted: see tasks.mjs.
 */

/** How many violations of one kind are told; the first says what is wrong, the hundredth nothing more. */
const TOLD = 5

const withRows = (file, use) => {
  const connection = openDatabase({ path: file, role: 'reader' })
  try {
    return use((sql, ...values) => connection.prepare(sql).all(...values))
  } finally {
    connection.close()
  }
}

const invariants = (rows) =>
  [
    ['the file is damaged', rows('PRAGMA integrity_check').filter((row) => row.integrity_check !== 'ok')],
    ['a row refers to one that is not there', rows('PRAGMA foreign_key_check')],
    ['a permit to delete outlived its transaction', rows('SELECT * FROM retention_permits')],
    ['an item did not end exactly once', rows(NOT_ENDED_ONCE)],
    ['an item ended otherwise than its journal says', rows(ENDED_OTHERWISE)],
    ['an ended item still has an owner', rows(OWNED_AFTER_THE_END)],
    ['a journal has a gap, or more or fewer rows than its counter', rows(BROKEN_JOURNALS)],
    ['checkpoints have a gap, or more or fewer rows than their counter', rows(BROKEN_CHECKPOINTS)],
    ['a fencing token did not grow', rows(TOKENS_THAT_DID_NOT_GROW)],
    ['a task did not end with its items', rows(TASKS_APART_FROM_THEIR_ITEMS)],
  ].flatMap(([what, found]) => found.slice(0, TOLD).map((row) => ({ what, ...row })))

const NOT_ENDED_ONCE = `
  SELECT i.id, i.state, count(e.position) AS endings
  FROM work_items AS i
  LEFT JOIN events AS e ON e.work_item_seq = i.seq AND e.type IN ('item.completed', 'item.failed', 'item.cancelled')
  GROUP BY i.seq HAVING endings <> 1`

const ENDED_OTHERWISE = `
  SELECT i.id, i.state, e.type
  FROM work_items AS i
  JOIN events AS e ON e.work_item_seq = i.seq AND e.type IN ('item.completed', 'item.failed', 'item.cancelled')
  WHERE e.type <> 'item.' || i.state`

const OWNED_AFTER_THE_END = `
  SELECT id, state, lease_owner AS owner FROM work_items
  WHERE state IN ('completed', 'failed', 'cancelled') AND (lease_owner IS NOT NULL OR finished_at_ms IS NULL)`

const BROKEN_JOURNALS = `
  SELECT i.id, min(e.position) AS first, max(e.position) AS last, count(e.position) AS rows, s.event_position AS counted
  FROM work_items AS i
  JOIN work_item_streams AS s ON s.work_item_seq = i.seq
  LEFT JOIN events AS e ON e.work_item_seq = i.seq
  GROUP BY i.seq HAVING first IS NOT 1 OR last <> rows OR last <> counted`

const BROKEN_CHECKPOINTS = `
  SELECT i.id, max(c.position) AS last, count(c.position) AS rows, s.checkpoint_position AS counted
  FROM work_items AS i
  JOIN work_item_streams AS s ON s.work_item_seq = i.seq
  LEFT JOIN checkpoints AS c ON c.work_item_seq = i.seq
  GROUP BY i.seq HAVING coalesce(last, 0) <> rows OR coalesce(last, 0) <> counted`

/** Every claim has a larger one than the claim before it, and nothing is written under an older one. */
const TOKENS_THAT_DID_NOT_GROW = `
  SELECT i.id, told.position, told.type, told.fencing_token AS token, told.before
  FROM (
    SELECT work_item_seq, position, type, fencing_token,
      lag(fencing_token) OVER (PARTITION BY work_item_seq ORDER BY position) AS before
    FROM events
  ) AS told
  JOIN work_items AS i ON i.seq = told.work_item_seq
  WHERE told.fencing_token < told.before OR (told.type = 'lease.claimed' AND told.fencing_token = told.before)`

const TASKS_APART_FROM_THEIR_ITEMS = `
  SELECT t.id, t.state, count(*) FILTER (WHERE i.finished_at_ms IS NULL) AS open
  FROM tasks AS t JOIN work_items AS i ON i.task_seq = t.seq
  GROUP BY t.seq HAVING (t.state = 'active') <> (open > 0)`

const losses = (rows, { submissions, cancellations, endings, completions, notes }, { keysMayHaveExpired = false }) => {
  const tasks = byId(rows('SELECT id, state, type FROM tasks'))
  const items = byId(rows('SELECT id, state, input, result, attempt, error FROM work_items'))
  const checkpoints = byId(
    rows(`SELECT c.id, i.id AS item, c.position, c.fencing_token AS token, c.snapshot
          FROM checkpoints AS c JOIN work_items AS i ON i.seq = c.work_item_seq`),
  )
  const keys = new Map(rows('SELECT key, state, response FROM idempotency_keys').map((row) => [row.key, row]))
  const noted = (event) => notes.filter((each) => each.event === event)
  return [
    ...told('a task whose submission was acknowledged is gone', submissions, ({ task, type, input }) => {
      const item = items.get(task)
      return tasks.get(task)?.type === type && item?.input === JSON.stringify(input)
    }),
    ...told('a cancellation that was acknowledged did not last', cancellations, ({ task, state }) =>
      state === 'active' ? tasks.get(task)?.state !== 'active' : tasks.get(task)?.state === state,
    ),
    ...told('a task ended otherwise than a client had seen', endings, ({ task, view }) => {
      const row = tasks.get(task)
      return row?.state === view.state && sameJson(items.get(task)?.result ?? 'null', view.result)
    }),
    ...told('a completion that was acknowledged is gone', completions, ({ item, attempt }) => {
      const row = items.get(item)
      return row?.state === 'completed' && row.attempt === attempt
    }),
    ...told('a checkpoint that was acknowledged is gone, or another', noted('checkpoint'), (noted) => {
      const row = checkpoints.get(noted.id)
      const { item, token, position, snapshot } = noted
      return row?.item === item && row.token === token && row.position === position && sameJson(row.snapshot, snapshot)
    }),
    ...told('an item that was acknowledged as spawned is gone', noted('spawned'), (noted) =>
      noted.items.every((id) => items.has(id)),
    ),
    ...told('a key gave another answer than it keeps', noted('answered'), ({ key, answer }) => {
      const row = keys.get(key)
      // One that has expired is gone, or was used anew.
      if (keysMayHaveExpired) return true
      return row?.state === 'completed' && sameJson(row.response, answer)
    }),
    ...told('an attempt resumed behind a checkpoint that was acknowledged', behind(notes), () => false),
  ]
}

const byId = (rows) => new Map(rows.map((row) => [row.id, row]))
const sameJson = (text, value) => typeof text === 'string' && JSON.stringify(JSON.parse(text)) === JSON.stringify(value)

const told = (what, all, holds) =>
  all
    .filter((each) => !holds(each))
    .slice(0, TOLD)
    .map((each) => ({ what, ...each }))

/** Attempts that began before the newest checkpoint of an older token: tokens tell which attempt came first. */
const behind = (notes) => {
  const appended = new Map()
  for (const { event, item, token, position } of notes)
    if (event === 'checkpoint') appended.set(item, [...(appended.get(item) ?? []), { token, position }])
  return notes.filter(
    ({ event, item, token, position }) =>
      event === 'resumed' &&
      (appended.get(item) ?? []).some((older) => older.token < token && older.position > position),
  )
}
