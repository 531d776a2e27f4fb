import { type SQL, sql } from 'drizzle-orm'
import type { NewWorkItem } from '../work-items.js'
import type { SqliteDatabase } from './connection.js'
import { isRefusedAs } from './database-errors.js'
import { isPlainText } from './driver/parameters.js'
import { FENCING_FLOOR } from './fencing-floor.js'
import { preparedChange, preparedInsert, preparedRows } from './prepared.js'
import { together } from './together.js'

const p = sql.placeholder

/** Where a new item belongs. */
interface Place {
  readonly tenant: string
  readonly taskSeq: number
  readonly parentSeq: number | null
  readonly nowMs: number
}

/** `same`: this id is there already, in this task, with the same type, queue and input. */
type Added = 'created' | Known
type Known = 'same' | 'conflict'

export const insertItems = (rows: SQL): SQL => sql`
  insert into work_items (
    tenant, id, task_seq, parent_seq, is_root, type, queue, priority, state, reason, visible_at_ms,
    deadline_at_ms, timeout_ms, attempt, max_attempts, fencing_token, is_ahead, input, input_encoding,
    created_at_ms, updated_at_ms
  )
  ${rows}`

const INSERT_ONE = insertItems(sql`values (
    ${p('tenant')}, ${p('id')}, ${p('taskSeq')}, ${p('parentSeq')}, ${p('isRoot')}, ${p('type')}, ${p('queue')},
    ${p('priority')}, ${p('state')}, 'enqueued', ${p('visibleAtMs')}, ${p('deadlineAtMs')}, ${p('timeoutMs')},
    0, ${p('maxAttempts')}, ${FENCING_FLOOR}, 0, ${p('input')}, ${p('encoding')}, ${p('nowMs')}, ${p('nowMs')}
  )`)

/** The items of one batch in their order, which is the order of their row numbers. */
const INSERT_ALL = insertItems(sql`select
    ${p('tenant')}, value ->> 0, ${p('taskSeq')}, ${p('parentSeq')}, ${p('isRoot')}, value ->> 1, value ->> 2,
    value ->> 3, case when value ->> 4 > ${p('nowMs')} then 'scheduled' else 'pending' end, 'enqueued', value ->> 4,
    value ->> 5, value ->> 6, 0, value ->> 7, ${FENCING_FLOOR}, 0, value ->> 8, value ->> 9,
    ${p('nowMs')}, ${p('nowMs')}
  from json_each(${p('items')})`)

/** Text that is the same after its way through JSON: any other is left to the statement that refuses it by name. */
export const isPlainItem = ({ id, type, queue, input: { data, encoding } }: NewWorkItem): boolean =>
  isPlainText(id) && isPlainText(type) && isPlainText(queue) && isPlainText(data) && isPlainText(encoding)

/**
 * Adds items, once per id. The guard of the table refuses an id that is there, and that refusal is the answer: no
 * look before, and no `WHERE NOT EXISTS`, which would make an INSERT … SELECT of it (see `preparedInsert`).
 */
export const preparedNewWorkItem = (
  db: SqliteDatabase,
): {
  add(item: NewWorkItem, place: Place): Added
  /** Adds a batch by one statement; false, and none is added, when one of them is there already or is refused. */
  addTogether(items: readonly NewWorkItem[], place: Place): boolean
  /** Adds nothing: what the item that is there says; undefined when there is none of this id. */
  compare(item: NewWorkItem, place: Place): Known | undefined
} => {
  const insert = preparedInsert(db, INSERT_ONE)
  const insertAll = preparedChange(db, INSERT_ALL)
  const isSame = preparedRows<{ isSame: number }>(
    db,
    sql`
      select (
        task_seq = ${p('taskSeq')} and type = ${p('type')} and queue = ${p('queue')}
        and input = ${p('input')} and input_encoding = ${p('encoding')}
      ) as "isSame"
      from work_items
      where tenant = ${p('tenant')} and id = ${p('id')}`,
  )
  const compare = ({ input, ...item }: NewWorkItem, { tenant, taskSeq }: Place): Known | undefined => {
    const [known] = isSame({ ...item, tenant, taskSeq, input: input.data, encoding: input.encoding })
    return known && (known.isSame === 1 ? 'same' : 'conflict')
  }
  const add = (item: NewWorkItem, place: Place): Added => {
    const { data, encoding } = item.input
    const values = {
      ...item,
      ...place,
      isRoot: place.parentSeq === null ? 1 : 0,
      state: item.visibleAtMs > place.nowMs ? 'scheduled' : 'pending',
      input: data,
      encoding,
    }
    try {
      insert(values)
      return 'created'
    } catch (error) {
      if (!isRefusedAs(error, 'work_item.exists')) throw error
      return compare(item, place) ?? 'conflict'
    }
  }
  const addTogether = (items: readonly NewWorkItem[], place: Place): boolean => {
    if (!items.every(isPlainItem)) return false
    const rows = items.map(
      ({ id, type, queue, priority, visibleAtMs, deadlineAtMs, timeoutMs, maxAttempts, input }) => [
        id,
        type,
        queue,
        priority,
        visibleAtMs,
        deadlineAtMs,
        timeoutMs,
        maxAttempts,
        input.data,
        input.encoding,
      ],
    )
    const values = { ...place, isRoot: place.parentSeq === null ? 1 : 0, items: JSON.stringify(rows) }
    return together(db, () => insertAll(values) === rows.length)
  }
  return { add, addTogether, compare }
}
