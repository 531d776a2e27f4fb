import type { CheckpointType, VerificationOutcome } from '@holdfast/schema'
import { sql, type SQL } from 'drizzle-orm'
import {
  appendCheckpoint,
  beginCheckpoint,
  getCheckpoint,
  latestCheckpoint,
  listCheckpoints,
  recordVerification,
  removeCheckpoint,
  type AppendCheckpointArgs,
  type CheckpointRecord,
} from '../checkpoints.js'
import { granted, refused, type Verdict } from '../operation.js'
import { checkpointIsProtected } from './checkpoint-protection.js'
import { isRefusedAs } from './database-errors.js'
import { evidenceRowOnSqlite } from './evidence-row.js'
import { preparedLeaseRefusal } from './lease-refusal.js'
import { oneStatement, quickRead, read, severalStatements, type SqliteBinding } from './module.js'
import { preparedChange, preparedInsert, preparedRows, preparedTuple, preparedTuples } from './prepared.js'

const p = sql.placeholder

/** Newer than every position: "before" it is everything. */
const END = Number.MAX_SAFE_INTEGER

/** The item under its lease, and the position that is next. */
const PLACE = sql`
  select item.seq, item.task_seq, item.attempt, stream.checkpoint_position + 1
  from work_items as item
  join work_item_streams as stream on stream.work_item_seq = item.seq
  where item.tenant = ${p('tenant')} and item.id = ${p('workItemId')}
    and item.state = 'running' and item.fencing_token = ${p('fencingToken')}`

// A look and a write: see `preparedInsert`. Nobody comes between them, because the transaction has the write lock; and
// the guard of the table tests lease, token and position once more. The triggers write the journal and move the counter.
const APPEND = sql`
  insert into checkpoints (tenant, id, task_seq, work_item_seq, position, type, name, is_replayed, fencing_token,
    attempt, snapshot, encoding, raw_bytes, metadata, evidence, created_at_ms)
  values (${p('tenant')}, ${p('id')}, ${p('taskSeq')}, ${p('workItemSeq')}, ${p('position')}, ${p('type')}, ${p('name')},
    ${p('isReplayed')}, ${p('fencingToken')}, ${p('attempt')}, ${p('snapshot')}, ${p('encoding')}, ${p('rawBytes')},
    ${p('metadata')}, ${p('evidence')}, ${p('nowMs')})`

const FIND_APPENDED = sql`
  select known.position, item.id as "workItemId", known.type, known.name, known.snapshot, known.encoding
  from checkpoints as known
  left join work_items as item on item.seq = known.work_item_seq
  where known.tenant = ${p('tenant')} and known.id = ${p('id')}`

interface Appended {
  readonly position: number
  readonly workItemId: string | null
  readonly type: CheckpointType
  readonly name: string | null
  readonly snapshot: string
  readonly encoding: string
}

type Place = readonly [workItemSeq: number, taskSeq: number, attempt: number, position: number]

const append = oneStatement(appendCheckpoint, (db) => {
  const placeOf = preparedTuple<Place>(db, PLACE)
  const insert = preparedInsert(db, APPEND)
  const find = preparedRows<Appended>(db, FIND_APPENDED)
  const refusal = preparedLeaseRefusal(db)
  const knownOr = (args: AppendCheckpointArgs, otherwise: () => Verdict<never>): ReturnType<typeof appendedBefore> => {
    const [known] = find({ tenant: args.tenant, id: args.id })
    return known ? appendedBefore(known, args) : otherwise()
  }
  return (args) => {
    const place = placeOf(args)
    if (!place) return knownOr(args, () => refusal(args))
    const [workItemSeq, taskSeq, attempt, position] = place
    const { data: snapshot, encoding, rawBytes } = args.snapshot
    const isReplayed = Number(args.isReplayed)
    try {
      insert({ ...args, workItemSeq, taskSeq, attempt, position, isReplayed, snapshot, encoding, rawBytes })
      return granted({ id: args.id, position })
    } catch (error) {
      if (!isRefusedAs(error, 'checkpoint.exists')) throw error
      return knownOr(args, () => {
        throw error
      })
    }
  }
})

/** The answer of a repeated append, whatever became of the lease since: the checkpoint is there. */
const appendedBefore = (known: Appended, args: AppendCheckpointArgs): Verdict<{ id: string; position: number }> => {
  const isSame =
    known.workItemId === args.workItemId &&
    known.type === args.type &&
    known.name === args.name &&
    known.encoding === args.snapshot.encoding &&
    // Only JSON has one text for one value: a codec that encrypts writes other bytes each time.
    (known.encoding !== 'json' || known.snapshot === args.snapshot.data)
  if (isSame) return granted({ id: args.id, position: known.position })
  return refused('checkpoint.conflict', `checkpoint ${args.id} exists with another item or content`, { id: args.id })
}

const BEGIN = sql`
  insert into events (work_item_seq, position, type, at_ms, fencing_token, actor, data, encoding, raw_bytes)
  select item.seq, stream.event_position + 1, 'checkpoint.begun', ${p('nowMs')}, item.fencing_token, item.lease_owner,
    told.data, 'json', octet_length(told.data)
  from work_items as item
  join work_item_streams as stream on stream.work_item_seq = item.seq
  join (select json_object('type', ${p('type')}, 'name', ${p('name')}) as data) as told
  where item.tenant = ${p('tenant')} and item.id = ${p('workItemId')}
    and item.state = 'running' and item.fencing_token = ${p('fencingToken')}
  returning position`

const begin = oneStatement(beginCheckpoint, (db) => {
  const insert = preparedRows<{ position: number }>(db, BEGIN)
  const refusal = preparedLeaseRefusal(db)
  return (args) => {
    const [row] = insert(args)
    return row ? granted(row) : refusal(args)
  }
})

const VERIFY = sql`
  insert into checkpoint_verifications (checkpoint_seq, outcome, findings, verified_by, verified_at_ms)
  select seq, ${p('outcome')}, ${p('findings')}, ${p('verifiedBy')}, ${p('nowMs')}
  from checkpoints where tenant = ${p('tenant')} and id = ${p('checkpointId')}
  returning outcome`

const verify = oneStatement(recordVerification, (db) => {
  const insert = preparedRows<{ outcome: VerificationOutcome }>(db, VERIFY)
  return (args) => {
    const [row] = insert(args)
    return row ? granted(row) : notFound(args.checkpointId)
  }
})

const remove = severalStatements(removeCheckpoint, (db) => {
  const find = preparedRows<{ seq: number; isProtected: number }>(
    db,
    sql`select checkpoint.seq, (${checkpointIsProtected}) as "isProtected" from checkpoints as checkpoint
        where checkpoint.tenant = ${p('tenant')} and checkpoint.id = ${p('id')}`,
  )
  const permit = preparedChange(
    db,
    sql`insert into retention_permits (kind, row_seq) values ('checkpoint', ${p('seq')})`,
  )
  const erase = preparedChange(db, sql`delete from checkpoints where seq = ${p('seq')}`)
  const withdraw = preparedChange(
    db,
    sql`delete from retention_permits where kind = 'checkpoint' and row_seq = ${p('seq')}`,
  )
  return (args) => {
    const [found] = find(args)
    if (!found) return notFound(args.id)
    const { seq, isProtected } = found
    if (isProtected)
      return refused('checkpoint.protected', `checkpoint ${args.id} is needed to resume its work item`, { id: args.id })
    permit({ seq })
    erase({ seq })
    withdraw({ seq })
    return granted({ removed: true as const })
  }
})

const notFound = (id: string): Verdict<never> => refused('checkpoint.not_found', `there is no checkpoint ${id}`, { id })

const LAST_OUTCOME = sql`(
    select last.outcome from checkpoint_verifications as last
    where last.checkpoint_seq = checkpoint.seq order by last.seq desc limit 1
  )`

/** In the order of {@link Row}. */
const COLUMNS = sql`checkpoint.seq, checkpoint.id, task.id, item.id, checkpoint.position, checkpoint.type,
    checkpoint.name, checkpoint.is_replayed, checkpoint.fencing_token, checkpoint.attempt, checkpoint.snapshot,
    checkpoint.encoding, checkpoint.raw_bytes, checkpoint.metadata, checkpoint.evidence, checkpoint.created_at_ms,
    ${LAST_OUTCOME}`

type Row = readonly [
  seq: number,
  id: string,
  taskId: string,
  workItemId: string | null,
  position: number,
  type: CheckpointType,
  name: string | null,
  isReplayed: number,
  fencingToken: number,
  attempt: number,
  snapshot: string,
  encoding: string,
  rawBytes: number,
  metadata: string | null,
  evidence: string | null,
  createdAtMs: number,
  verification: VerificationOutcome | null,
]

const toRecord = (row: Row): CheckpointRecord => ({
  seq: row[0],
  id: row[1],
  taskId: row[2],
  workItemId: row[3],
  position: row[4],
  type: row[5],
  name: row[6],
  isReplayed: row[7] === 1,
  fencingToken: row[8],
  attempt: row[9],
  snapshot: { data: row[10], encoding: row[11], rawBytes: row[12] },
  metadata: row[13],
  evidence: row[14],
  createdAtMs: row[15],
  verification: row[16],
})

/** An item's checkpoints, newest first, along the index that `condition` fits. */
const newestFirst = (condition: SQL): SQL => sql`
  select ${COLUMNS}
  from work_items as item
  join checkpoints as checkpoint on checkpoint.work_item_seq = item.seq
  join tasks as task on task.seq = checkpoint.task_seq
  where item.tenant = ${p('tenant')} and item.id = ${p('workItemId')} and ${condition}
  order by checkpoint.position desc
  limit ${p('limit')}`

const OF_TYPE = sql`checkpoint.type = ${p('type')}`
const OLDER = sql`checkpoint.position < ${p('before')}`
const IS_VERIFIED = sql`${LAST_OUTCOME} = 'verified'`

type OfType<Find> = (type: CheckpointType | null) => Find

/** Newest first, where `condition` holds: of any type, or of the one that is asked for. */
const newestBy = <Find>(prepare: (text: SQL) => Find, condition: SQL): OfType<Find> => {
  const any = prepare(newestFirst(condition))
  const ofOne = prepare(newestFirst(sql`${OF_TYPE} and ${condition}`))
  return (type) => (type === null ? any : ofOne)
}

const latest = quickRead(latestCheckpoint, (db) => {
  const first = (text: SQL) => preparedTuple<Row>(db, text)
  const newest = newestBy(first, OLDER)
  const newestVerified = newestBy(first, sql`${OLDER} and ${IS_VERIFIED}`)
  return ({ tenant, workItemId, type, onlyVerified }) => {
    const find = (onlyVerified ? newestVerified : newest)(type)
    const row = find({ tenant, workItemId, type, before: END, limit: 1 })
    return granted(row ? toRecord(row) : null)
  }
})

const list = read(listCheckpoints, (db) => {
  const newest = newestBy((text) => preparedTuples<Row>(db, text), OLDER)
  return (args) => granted(newest(args.type)({ ...args, before: args.beforePosition ?? END }).map(toRecord))
})

const get = quickRead(getCheckpoint, (db) => {
  const find = preparedTuple<Row>(
    db,
    sql`select ${COLUMNS}
        from checkpoints as checkpoint
        join tasks as task on task.seq = checkpoint.task_seq
        left join work_items as item on item.seq = checkpoint.work_item_seq
        where checkpoint.tenant = ${p('tenant')} and checkpoint.id = ${p('id')}`,
  )
  return (args) => {
    const row = find(args)
    return granted(row ? toRecord(row) : null)
  }
})

export const checkpointBindings: readonly SqliteBinding[] = [
  append,
  begin,
  verify,
  remove,
  latest,
  list,
  get,
  evidenceRowOnSqlite,
]
