import { sql, type SQL } from 'drizzle-orm'
import { MAX_BATCH } from '../defaults.js'
import { granted } from '../operation.js'
import {
  countRetirable,
  countSuperseded,
  deleteEndedProcesses,
  deleteFinishedTasks,
  pruneCheckpoints,
} from '../retention.js'
import { checkpointIsProtected } from './checkpoint-protection.js'
import type { SqliteDatabase } from './connection.js'
import { preparedFloor } from './fencing-floor.js'
import { oneStatement, read, severalStatements, type SqliteBinding } from './module.js'
import { preparedChange, preparedRows } from './prepared.js'

const p = sql.placeholder

/**
 * True for a row of `checkpoints AS checkpoint` beyond the newest `keep` of the item that `itemSeq` names. The newest
 * `keep` are those from the keep-th newest on; where there are fewer, nothing is older than NULL.
 */
const isSuperseded = (itemSeq: SQL): SQL => sql`checkpoint.work_item_seq = ${itemSeq}
          and checkpoint.position < (
            select kept.position from checkpoints as kept
            where kept.work_item_seq = ${itemSeq} order by kept.position desc limit 1 offset ${p('keep')} - 1
          )
          and not (${checkpointIsProtected})`

const prune = severalStatements(pruneCheckpoints, (db) => {
  const looked = preparedRows<{ itemSeq: number; checkpointPosition: number }>(
    db,
    sql`select work_item_seq as "itemSeq", checkpoint_position as "checkpointPosition"
        from work_item_streams
        where work_item_seq > ${p('afterItemSeq')}
        order by work_item_seq
        limit ${p('limit')}`,
  )
  const permit = preparedChange(
    db,
    sql`insert into retention_permits (kind, row_seq)
        select 'checkpoint', checkpoint.seq
        from checkpoints as checkpoint
        where ${isSuperseded(sql`${p('itemSeq')}`)}
        order by checkpoint.position
        limit ${p('most')}`,
  )
  const erase = preparedPermittedDeletes(db)
  return ({ keep, afterItemSeq, limit }) => {
    const items = looked({ afterItemSeq: afterItemSeq ?? 0, limit })
    let deleted = 0
    for (const { itemSeq, checkpointPosition } of items) {
      if (checkpointPosition <= keep) continue
      permit({ itemSeq, keep, most: MAX_BATCH - deleted })
      deleted += erase.checkpoints()
      // This transaction is large enough: the next call looks at the same item again.
      if (deleted >= MAX_BATCH) return granted({ deleted, nextItemSeq: itemSeq - 1 })
    }
    const last = items.length === limit ? items.at(-1) : undefined
    return granted({ deleted, nextItemSeq: last?.itemSeq ?? null })
  }
})

const deleteFinished = severalStatements(deleteFinishedTasks, (db) => {
  const oldest = preparedRows<{ seq: number }>(
    db,
    sql`select seq from tasks
        where finished_at_ms < ${p('finishedBeforeMs')}
        order by finished_at_ms
        limit 1`,
  )
  // The plus keeps SQLite on the index by age: it passes older tasks of other tenants, and sorts nothing.
  const oldestOfTenant = preparedRows<{ seq: number }>(
    db,
    sql`select seq from tasks
        where finished_at_ms < ${p('finishedBeforeMs')} and +tenant = ${p('tenant')}
        order by finished_at_ms
        limit 1`,
  )
  const takeApart = preparedTaskDeletion(db)
  return (args) => {
    const next = (): number | undefined => (args.tenant === null ? oldest(args) : oldestOfTenant(args))[0]?.seq
    let left = args.limit
    let deletedTasks = 0
    for (let taskSeq = next(); taskSeq !== undefined; taskSeq = next()) {
      if (left <= 0) return granted({ deletedTasks, remaining: true })
      const { rows, isGone } = takeApart(taskSeq, left)
      left -= rows
      if (isGone) deletedTasks += 1
    }
    return granted({ deletedTasks, remaining: false })
  }
})

/**
 * Deletes a task from its leaves up, at most `most` rows: journals, checkpoints, items, then the task itself, whose
 * cascade then finds nothing. Cut short, it goes on where it stopped: what is left still belongs to an ended task.
 */
const preparedTaskDeletion = (
  db: SqliteDatabase,
): ((taskSeq: number, most: number) => { readonly rows: number; readonly isGone: boolean }) => {
  const permitJournals = preparedChange(
    db,
    sql`insert into retention_permits (kind, row_seq)
        select 'event', item.seq from work_items as item
        where item.task_seq = ${p('taskSeq')}
          and exists (select 1 from events as event where event.work_item_seq = item.seq)
        limit ${p('most')}`,
  )
  const permitCheckpoints = preparedChange(
    db,
    sql`insert into retention_permits (kind, row_seq)
        select 'checkpoint', checkpoint.seq
        from work_items as item join checkpoints as checkpoint on checkpoint.work_item_seq = item.seq
        where item.task_seq = ${p('taskSeq')}
        union all
        select 'checkpoint', seq from checkpoints where task_seq = ${p('taskSeq')} and work_item_seq is null
        limit ${p('most')}`,
  )
  const permitItems = preparedChange(
    db,
    sql`insert into retention_permits (kind, row_seq)
        select 'work_item', seq from work_items where task_seq = ${p('taskSeq')} limit ${p('most')}`,
  )
  const permitTask = preparedChange(
    db,
    sql`insert into retention_permits (kind, row_seq) values ('task', ${p('taskSeq')})`,
  )
  const erase = preparedPermittedDeletes(db)
  return (taskSeq, most) => {
    let left = most
    const step = (permit: (values: object) => number, run: (most: number) => number): boolean => {
      while (left > 0 && permit({ taskSeq, most: left }) > 0) left -= run(left)
      return left > 0
    }
    const isGone =
      step(permitJournals, erase.events) &&
      step(permitCheckpoints, erase.checkpoints) &&
      step(permitItems, erase.items) &&
      permitTask({ taskSeq }) === 1 &&
      erase.task() === 1
    return { rows: most - left + Number(isGone), isGone }
  }
}

interface PermittedDeletes {
  /** Oldest rows first, at most `most`: a permit opens a whole journal. */
  events(most: number): number
  checkpoints(): number
  items(): number
  task(): number
}

/** Deletes what permits lie for, and takes the permits away. */
const preparedPermittedDeletes = (db: SqliteDatabase): PermittedDeletes => {
  const withdraw = preparedChange(db, sql`delete from retention_permits`)
  const permitted = (kind: string) => sql`(select row_seq from retention_permits where kind = ${sql.raw(`'${kind}'`)})`
  const events = preparedChange(
    db,
    sql`delete from events
        where (work_item_seq, position) in (
          select event.work_item_seq, event.position from events as event
          where event.work_item_seq in ${permitted('event')}
          order by event.work_item_seq, event.position
          limit ${p('most')}
        )`,
  )
  const checkpoints = preparedChange(db, sql`delete from checkpoints where seq in ${permitted('checkpoint')}`)
  const raiseFloor = preparedFloor(db, 'work_items', sql`doomed.seq in ${permitted('work_item')}`)
  const items = preparedChange(db, sql`delete from work_items where seq in ${permitted('work_item')}`)
  const task = preparedChange(db, sql`delete from tasks where seq in ${permitted('task')}`)
  const thenWithdraw = (rows: number): number => {
    withdraw()
    return rows
  }
  return {
    events: (most) => thenWithdraw(events({ most })),
    checkpoints: () => thenWithdraw(checkpoints()),
    items: () => {
      raiseFloor()
      return thenWithdraw(items())
    },
    task: () => thenWithdraw(task()),
  }
}

const endedProcesses = oneStatement(deleteEndedProcesses, (db) => {
  // Its last heartbeat came before its end, and the index knows it.
  const ended = (state: string) => sql`
    select seq from processes as process
    where process.state = ${sql.raw(`'${state}'`)} and process.heartbeat_at_ms < ${p('endedBeforeMs')}
      and process.ended_at_ms < ${p('endedBeforeMs')}
      and not exists (
        select 1 from work_items as item where item.process_id = process.id and item.state = 'running'
      )`
  const remove = preparedChange(
    db,
    sql`delete from processes
        where seq in (${ended('stopped')} union all ${ended('dead')} limit ${p('limit')})`,
  )
  return (args) => granted({ deleted: remove(args) })
})

const counts = read(countRetirable, (db) => {
  const count = preparedRows<{ tasks: number; processes: number; expiredKeys: number }>(
    db,
    sql`select
          (select count(*) from tasks where finished_at_ms < ${p('finishedBeforeMs')}) as tasks,
          (select count(*) from processes where state in ('stopped', 'dead')
            and heartbeat_at_ms < ${p('endedBeforeMs')} and ended_at_ms < ${p('endedBeforeMs')}) as processes,
          (select count(*) from idempotency_keys where expires_at_ms <= ${p('nowMs')}) as "expiredKeys"`,
  )
  return (args) => granted(count(args)[0] ?? { tasks: 0, processes: 0, expiredKeys: 0 })
})

const superseded = read(countSuperseded, (db) => {
  const page = preparedRows<{ itemSeq: number; superseded: number }>(
    db,
    sql`select stream.work_item_seq as "itemSeq", (
          select count(*) from checkpoints as checkpoint where ${isSuperseded(sql`stream.work_item_seq`)}
        ) as superseded
        from work_item_streams as stream
        where stream.work_item_seq > ${p('afterItemSeq')}
        order by stream.work_item_seq
        limit ${p('limit')}`,
  )
  return ({ keep, afterItemSeq, limit }) => {
    const items = page({ keep, afterItemSeq: afterItemSeq ?? 0, limit })
    const last = items.length === limit ? items.at(-1) : undefined
    const sum = items.reduce((total, item) => total + item.superseded, 0)
    return granted({ superseded: sum, nextItemSeq: last?.itemSeq ?? null })
  }
})

export const retentionBindings: readonly SqliteBinding[] = [prune, deleteFinished, endedProcesses, counts, superseded]
