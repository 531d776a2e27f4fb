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
import { evidenceRowOnSqlite } from './evidence-row.js'
import { preparedLeaseRefusal } from './lease-refusal.js'
import { oneStatement, quickRead, read, severalStatements, type SqliteBinding } from './module.js'
import { preparedChange, preparedRows } from './prepared.js'

const p = sql.placeholder

/** Newer than every position: "before" it is everything. */
const END = Number.MAX_SAFE_INTEGER

// One statement: the lease is tested, the position is taken and the row is written at once. The triggers write the
// journal and move the counter on.
const APPEND = sql`
  INSERT INTO checkpoints (tenant, id, task_seq, work_item_seq, position, type, name, is_replayed, fencing_token,
    attempt, snapshot, encoding, raw_bytes, metadata, evidence, created_at_ms)
  SELECT item.tenant, ${p('id')}, item.task_seq, item.seq, stream.checkpoint_position + 1, ${p('type')}, ${p('name')},
    ${p('isReplayed')}, item.fencing_token, item.attempt, ${p('snapshot')}, ${p('encoding')}, ${p('rawBytes')},
    ${p('metadata')}, ${p('evidence')}, ${p('nowMs')}
  FROM work_items AS item
  JOIN work_item_streams AS stream ON stream.work_item_seq = item.seq
  WHERE item.tenant = ${p('tenant')} AND item.id = ${p('workItemId')}
    AND item.state = 'running' AND item.fencing_token = ${p('fencingToken')}
    AND NOT EXISTS (SELECT 1 FROM checkpoints AS known WHERE known.tenant = ${p('tenant')} AND known.id = ${p('id')})
  RETURNING id, position`

const FIND_APPENDED = sql`
  SELECT known.position, item.id AS "workItemId", known.type, known.name, known.snapshot, known.encoding
  FROM checkpoints AS known
  LEFT JOIN work_items AS item ON item.seq = known.work_item_seq
  WHERE known.tenant = ${p('tenant')} AND known.id = ${p('id')}`

interface Appended {
  readonly position: number
  readonly workItemId: string | null
  readonly type: CheckpointType
  readonly name: string | null
  readonly snapshot: string
  readonly encoding: string
}

const append = oneStatement(appendCheckpoint, (db) => {
  const insert = preparedRows<{ id: string; position: number }>(db, APPEND)
  const find = preparedRows<Appended>(db, FIND_APPENDED)
  const refusal = preparedLeaseRefusal(db)
  return (args) => {
    const { data: snapshot, encoding, rawBytes } = args.snapshot
    const [row] = insert({ ...args, isReplayed: Number(args.isReplayed), snapshot, encoding, rawBytes })
    if (row) return granted(row)
    const [known] = find({ tenant: args.tenant, id: args.id })
    return known ? appendedBefore(known, args) : refusal(args)
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
  INSERT INTO events (work_item_seq, position, type, at_ms, fencing_token, actor, data, encoding, raw_bytes)
  SELECT item.seq, stream.event_position + 1, 'checkpoint.begun', ${p('nowMs')}, item.fencing_token, item.lease_owner,
    told.data, 'json', octet_length(told.data)
  FROM work_items AS item
  JOIN work_item_streams AS stream ON stream.work_item_seq = item.seq
  JOIN (SELECT json_object('type', ${p('type')}, 'name', ${p('name')}) AS data) AS told
  WHERE item.tenant = ${p('tenant')} AND item.id = ${p('workItemId')}
    AND item.state = 'running' AND item.fencing_token = ${p('fencingToken')}
  RETURNING position`

const begin = oneStatement(beginCheckpoint, (db) => {
  const insert = preparedRows<{ position: number }>(db, BEGIN)
  const refusal = preparedLeaseRefusal(db)
  return (args) => {
    const [row] = insert(args)
    return row ? granted(row) : refusal(args)
  }
})

const VERIFY = sql`
  INSERT INTO checkpoint_verifications (checkpoint_seq, outcome, findings, verified_by, verified_at_ms)
  SELECT seq, ${p('outcome')}, ${p('findings')}, ${p('verifiedBy')}, ${p('nowMs')}
  FROM checkpoints WHERE tenant = ${p('tenant')} AND id = ${p('checkpointId')}
  RETURNING outcome`

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
    sql`SELECT checkpoint.seq, (${checkpointIsProtected}) AS "isProtected" FROM checkpoints AS checkpoint
        WHERE checkpoint.tenant = ${p('tenant')} AND checkpoint.id = ${p('id')}`,
  )
  const permit = preparedChange(db, sql`INSERT INTO retention_permits (kind, row_seq) VALUES ('checkpoint', ${p('seq')})`)
  const erase = preparedChange(db, sql`DELETE FROM checkpoints WHERE seq = ${p('seq')}`)
  const withdraw = preparedChange(db, sql`DELETE FROM retention_permits WHERE kind = 'checkpoint' AND row_seq = ${p('seq')}`)
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

const notFound = (id: string): Verdict<never> =>
  refused('checkpoint.not_found', `there is no checkpoint ${id}`, { id })

const LAST_OUTCOME = sql`(
    SELECT last.outcome FROM checkpoint_verifications AS last
    WHERE last.checkpoint_seq = checkpoint.seq ORDER BY last.seq DESC LIMIT 1
  )`

const COLUMNS = sql`checkpoint.seq, checkpoint.id, task.id AS "taskId", item.id AS "workItemId", checkpoint.position,
    checkpoint.type, checkpoint.name, checkpoint.is_replayed AS "isReplayed",
    checkpoint.fencing_token AS "fencingToken", checkpoint.attempt, checkpoint.snapshot, checkpoint.encoding,
    checkpoint.raw_bytes AS "rawBytes", checkpoint.metadata, checkpoint.evidence,
    checkpoint.created_at_ms AS "createdAtMs", ${LAST_OUTCOME} AS verification`

interface Row extends Omit<CheckpointRecord, 'isReplayed' | 'snapshot'> {
  readonly isReplayed: number
  readonly snapshot: string
  readonly encoding: string
  readonly rawBytes: number
}

const toRecord = ({ isReplayed, snapshot, encoding, rawBytes, ...rest }: Row): CheckpointRecord => ({
  ...rest,
  isReplayed: isReplayed === 1,
  snapshot: { data: snapshot, encoding, rawBytes },
})

/** An item's checkpoints, newest first, along the index that `condition` fits. */
const newestFirst = (condition: SQL): SQL => sql`
  SELECT ${COLUMNS}
  FROM work_items AS item
  JOIN checkpoints AS checkpoint ON checkpoint.work_item_seq = item.seq
  JOIN tasks AS task ON task.seq = checkpoint.task_seq
  WHERE item.tenant = ${p('tenant')} AND item.id = ${p('workItemId')} AND ${condition}
  ORDER BY checkpoint.position DESC
  LIMIT ${p('limit')}`

const OF_TYPE = sql`checkpoint.type = ${p('type')}`
const OLDER = sql`checkpoint.position < ${p('before')}`
const IS_VERIFIED = sql`${LAST_OUTCOME} = 'verified'`

type Find = (values: object) => Row[]

const latest = quickRead(latestCheckpoint, (db) => {
  const any: Find = preparedRows(db, newestFirst(OLDER))
  const ofType: Find = preparedRows(db, newestFirst(sql`${OF_TYPE} AND ${OLDER}`))
  const verified: Find = preparedRows(db, newestFirst(sql`${OLDER} AND ${IS_VERIFIED}`))
  const verifiedOfType: Find = preparedRows(db, newestFirst(sql`${OF_TYPE} AND ${OLDER} AND ${IS_VERIFIED}`))
  return (args) => {
    const [untyped, typed] = args.onlyVerified ? [verified, verifiedOfType] : [any, ofType]
    const [row] = (args.type === null ? untyped : typed)({ ...args, before: END, limit: 1 })
    return granted(row ? toRecord(row) : null)
  }
})

const list = read(listCheckpoints, (db) => {
  const any: Find = preparedRows(db, newestFirst(OLDER))
  const ofType: Find = preparedRows(db, newestFirst(sql`${OF_TYPE} AND ${OLDER}`))
  return (args) => {
    const find = args.type === null ? any : ofType
    return granted(find({ ...args, before: args.beforePosition ?? END }).map(toRecord))
  }
})

const get = quickRead(getCheckpoint, (db) => {
  const find: Find = preparedRows(
    db,
    sql`SELECT ${COLUMNS}
        FROM checkpoints AS checkpoint
        JOIN tasks AS task ON task.seq = checkpoint.task_seq
        LEFT JOIN work_items AS item ON item.seq = checkpoint.work_item_seq
        WHERE checkpoint.tenant = ${p('tenant')} AND checkpoint.id = ${p('id')}`,
  )
  return (args) => {
    const [row] = find(args)
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
