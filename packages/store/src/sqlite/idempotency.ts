import type { IdempotencyState } from '@holdfast/schema'
import { sql } from 'drizzle-orm'
import {
  checkOrCreateKey,
  completeKey,
  countKeys,
  failKey,
  forgetKey,
  getKey,
  heartbeatKey,
  type CheckOrCreateArgs,
  type KeyOutcome,
  type KeyRecord,
  type KeyRef,
} from '../idempotency.js'
import { granted, refused, type Verdict } from '../operation.js'
import type { Payload } from '../payload.js'
import type { SqliteDatabase } from './connection.js'
import { oneStatement, quickRead, read, severalStatements, type SqliteBinding } from './module.js'
import { payloadOrNull } from './payload-columns.js'
import { preparedChange, preparedRows } from './prepared.js'

const p = sql.placeholder

const COLUMNS = sql`key.key, key.request_hash AS "requestHash", key.state, key.fencing_token AS "fencingToken",
  key.settle_token AS "settleToken", key.owner, key.lease_expires_at_ms AS "leaseExpiresAtMs", key.response,
  key.response_encoding AS "responseEncoding", key.error, key.created_at_ms AS "createdAtMs", key.finished_at_ms AS "finishedAtMs", key.expires_at_ms AS "expiresAtMs"`

interface Row {
  readonly key: string
  readonly requestHash: string
  readonly state: IdempotencyState
  readonly fencingToken: number
  readonly settleToken: number | null
  readonly owner: string | null
  readonly leaseExpiresAtMs: number | null
  readonly response: string | null
  readonly responseEncoding: string | null
  readonly error: string | null
  readonly createdAtMs: number
  readonly finishedAtMs: number | null
  readonly expiresAtMs: number
}

/** The answer as it was stored: its text is never touched, so every caller reads the same bytes. */
const responseOf = ({ response, responseEncoding }: Row): Payload | null => payloadOrNull(response, responseEncoding)

type FindKey = (values: { readonly tenant: string; readonly key: string }) => Row[]

const findKey = (db: SqliteDatabase): FindKey =>
  preparedRows<Row>(
    db,
    sql`SELECT ${COLUMNS} FROM idempotency_keys AS key WHERE key.tenant = ${p('tenant')} AND key.key = ${p('key')}`,
  )

const CREATE = sql`
  INSERT INTO idempotency_keys (tenant, key, request_hash, state, fencing_token, owner, process_id,
    lease_expires_at_ms, task_seq, work_item_seq, created_at_ms, expires_at_ms)
  SELECT ${p('tenant')}, ${p('key')}, ${p('requestHash')}, 'pending', 1, ${p('owner')}, ${p('processId')},
    ${p('leaseExpiresAtMs')}, ${p('taskSeq')}, ${p('workItemSeq')}, ${p('nowMs')}, ${p('expiresAtMs')}
  WHERE NOT EXISTS (
    SELECT 1 FROM idempotency_keys AS known WHERE known.tenant = ${p('tenant')} AND known.key = ${p('key')}
  )
  RETURNING fencing_token AS "fencingToken"`

// Nobody alive is at it, and either its time is over, so that it may stand for any request, or the request is the
// same and there is no answer yet. The token is raised: whoever held the key before can no longer mark it.
const TAKE_OVER = sql`
  UPDATE idempotency_keys SET state = 'pending', fencing_token = fencing_token + 1, settle_token = NULL,
    request_hash = ${p('requestHash')}, owner = ${p('owner')}, process_id = ${p('processId')},
    lease_expires_at_ms = ${p('leaseExpiresAtMs')}, response = NULL, response_encoding = NULL, error = NULL,
    task_seq = ${p('taskSeq')}, work_item_seq = ${p('workItemSeq')}, finished_at_ms = NULL,
    created_at_ms = CASE WHEN expires_at_ms <= ${p('nowMs')} THEN ${p('nowMs')} ELSE created_at_ms END,
    expires_at_ms = ${p('expiresAtMs')}
  WHERE tenant = ${p('tenant')} AND key = ${p('key')}
    AND (state <> 'pending' OR lease_expires_at_ms <= ${p('nowMs')})
    AND (expires_at_ms <= ${p('nowMs')} OR (state <> 'completed' AND request_hash = ${p('requestHash')}))
  RETURNING fencing_token AS "fencingToken"`

// Two writing statements, of which at most one finds anything to write.
const checkOrCreate = oneStatement(checkOrCreateKey, (db) => {
  const linksOf = findLinks(db)
  const create = preparedRows<{ fencingToken: number }>(db, CREATE)
  const takeOver = preparedRows<{ fencingToken: number }>(db, TAKE_OVER)
  const find = findKey(db)
  return (args) => {
    const links = linksOf(args)
    if (!links.ok) return links
    const leaseExpiresAtMs = args.nowMs + args.leaseMs
    const values = { ...args, ...links.value, leaseExpiresAtMs, expiresAtMs: args.nowMs + args.ttlMs }
    const [created] = create(values)
    if (created) return granted({ outcome: 'created' as const, ...created, leaseExpiresAtMs })
    const [taken] = takeOver(values)
    if (taken) return granted({ outcome: 'taken_over' as const, ...taken, leaseExpiresAtMs })
    const [known] = find(args)
    return known ? outcomeOf(known, args) : notFound(args)
  }
})

/** What became of a key that the caller may neither make nor take over. */
const outcomeOf = (known: Row, { key, requestHash, nowMs }: CheckOrCreateArgs): Verdict<KeyOutcome> => {
  if (known.requestHash !== requestHash && known.expiresAtMs > nowMs)
    return refused('idempotency.conflict', `key ${key} was used for another request`, {
      key,
      requestHash: known.requestHash,
    })
  const response = responseOf(known)
  if (response && known.finishedAtMs !== null)
    return granted({ outcome: 'completed', response, finishedAtMs: known.finishedAtMs })
  return granted({
    outcome: 'in_progress',
    owner: known.owner ?? '',
    leaseExpiresAtMs: known.leaseExpiresAtMs ?? nowMs,
  })
}

interface Links {
  readonly taskSeq: number | null
  readonly workItemSeq: number | null
}

/** A key may name what it was used for. What it names must exist, for this tenant. */
const findLinks = (db: SqliteDatabase): ((args: CheckOrCreateArgs) => Verdict<Links>) => {
  const find = preparedRows<Links>(
    db,
    sql`SELECT (SELECT seq FROM tasks WHERE tenant = ${p('tenant')} AND id = ${p('taskId')}) AS "taskSeq",
      (SELECT seq FROM work_items WHERE tenant = ${p('tenant')} AND id = ${p('workItemId')}) AS "workItemSeq"`,
  )
  const none: Links = { taskSeq: null, workItemSeq: null }
  return ({ tenant, taskId, workItemId }) => {
    if (taskId === null && workItemId === null) return granted(none)
    const [found = none] = find({ tenant, taskId, workItemId })
    if (taskId !== null && found.taskSeq === null) return refused('task.not_found', `there is no task ${taskId}`, { taskId })
    if (workItemId !== null && found.workItemSeq === null)
      return refused('work_item.not_found', `there is no work item ${workItemId}`, { workItemId })
    return granted(found)
  }
}

const heartbeat = oneStatement(heartbeatKey, (db) => {
  const beat = preparedRows<{ leaseExpiresAtMs: number }>(
    db,
    sql`UPDATE idempotency_keys SET lease_expires_at_ms = ${p('leaseExpiresAtMs')}
        WHERE tenant = ${p('tenant')} AND key = ${p('key')} AND state = 'pending'
          AND fencing_token = ${p('fencingToken')} AND lease_expires_at_ms > ${p('nowMs')}
        RETURNING lease_expires_at_ms AS "leaseExpiresAtMs"`,
  )
  const find = findKey(db)
  return (args) => {
    const [row] = beat({ ...args, leaseExpiresAtMs: args.nowMs + args.leaseMs })
    if (row) return granted(row)
    const [known] = find(args)
    if (known?.state === 'completed' && known.fencingToken === args.fencingToken) return alreadyCompleted(args)
    return known ? lost(known, args) : notFound(args)
  }
})

const COMPLETE = sql`
  UPDATE idempotency_keys SET state = 'completed', settle_token = fencing_token, owner = NULL,
    lease_expires_at_ms = NULL, response = ${p('response')}, response_encoding = ${p('responseEncoding')},
    finished_at_ms = ${p('nowMs')}
  WHERE tenant = ${p('tenant')} AND key = ${p('key')} AND state = 'pending' AND fencing_token = ${p('fencingToken')}`

const complete = oneStatement(completeKey, (db) => {
  const settle = preparedChange(db, COMPLETE)
  const find = findKey(db)
  return (args) => {
    const { data: response, encoding: responseEncoding } = args.response
    if (settle({ ...args, response, responseEncoding }) === 1) return granted({ duplicate: false })
    const [known] = find(args)
    if (!known) return notFound(args)
    if (known.state !== 'completed' || known.settleToken !== args.fencingToken) return lost(known, args)
    const isSame = known.response === response && known.responseEncoding === responseEncoding
    return isSame ? granted({ duplicate: true }) : alreadyCompleted(args)
  }
})

const FAIL = sql`
  UPDATE idempotency_keys SET state = 'failed', settle_token = fencing_token, owner = NULL,
    lease_expires_at_ms = NULL, error = ${p('error')}, finished_at_ms = ${p('nowMs')}
  WHERE tenant = ${p('tenant')} AND key = ${p('key')} AND state = 'pending' AND fencing_token = ${p('fencingToken')}`

const fail = oneStatement(failKey, (db) => {
  const settle = preparedChange(db, FAIL)
  const find = findKey(db)
  return (args) => {
    if (settle(args) === 1) return granted({ state: 'failed' as const })
    const [known] = find(args)
    if (!known) return notFound(args)
    if (known.fencingToken !== args.fencingToken) return lost(known, args)
    if (known.state === 'completed') return alreadyCompleted(args)
    return known.error === args.error ? granted({ state: 'failed' as const }) : lost(known, args)
  }
})

const forget = severalStatements(forgetKey, (db) => {
  const find = preparedRows<{ seq: number }>(
    db,
    sql`SELECT seq FROM idempotency_keys WHERE tenant = ${p('tenant')} AND key = ${p('key')}`,
  )
  const permit = preparedChange(
    db,
    sql`INSERT INTO retention_permits (kind, row_seq) VALUES ('idempotency_key', ${p('seq')})`,
  )
  const erase = preparedChange(db, sql`DELETE FROM idempotency_keys WHERE seq = ${p('seq')}`)
  const withdraw = preparedChange(
    db,
    sql`DELETE FROM retention_permits WHERE kind = 'idempotency_key' AND row_seq = ${p('seq')}`,
  )
  return (args) => {
    const [found] = find(args)
    if (!found) return granted({ forgotten: false })
    permit(found)
    erase(found)
    withdraw(found)
    return granted({ forgotten: true })
  }
})

const get = quickRead(getKey, (db) => {
  const find = preparedRows<Row & { taskId: string | null; workItemId: string | null }>(
    db,
    sql`SELECT ${COLUMNS}, task.id AS "taskId", item.id AS "workItemId"
        FROM idempotency_keys AS key
        LEFT JOIN tasks AS task ON task.seq = key.task_seq
        LEFT JOIN work_items AS item ON item.seq = key.work_item_seq
        WHERE key.tenant = ${p('tenant')} AND key.key = ${p('key')}`,
  )
  return (args) => {
    const [row] = find(args)
    if (!row) return granted(null)
    const { settleToken: _, responseEncoding: __, ...rest } = row
    return granted({ ...rest, response: responseOf(row) } satisfies KeyRecord)
  }
})

const count = read(countKeys, (db) => {
  const statistics = preparedRows<{ pending: number; completed: number; failed: number; expired: number }>(
    db,
    sql`SELECT count(*) FILTER (WHERE state = 'pending' AND expires_at_ms > ${p('nowMs')}) AS pending,
          count(*) FILTER (WHERE state = 'completed' AND expires_at_ms > ${p('nowMs')}) AS completed,
          count(*) FILTER (WHERE state = 'failed' AND expires_at_ms > ${p('nowMs')}) AS failed,
          count(*) FILTER (WHERE expires_at_ms <= ${p('nowMs')}) AS expired
        FROM idempotency_keys WHERE tenant = ${p('tenant')}`,
  )
  return (args) => {
    const [row = { pending: 0, completed: 0, failed: 0, expired: 0 }] = statistics(args)
    return granted(row)
  }
})

const notFound = ({ key }: Pick<KeyRef, 'key'>): Verdict<never> =>
  refused('idempotency.not_found', `there is no idempotency key ${key}`, { key })

const alreadyCompleted = ({ key }: Pick<KeyRef, 'key'>): Verdict<never> =>
  refused('idempotency.already_completed', `key ${key} has its answer already; the first one stands`, { key })

const lost = (known: Row, { key, fencingToken: heldToken }: KeyRef): Verdict<never> =>
  refused(
    'idempotency.lost',
    `key ${key} is no longer held: held token ${heldToken}, current token ${known.fencingToken}, state ${known.state}`,
    { key, heldToken, currentToken: known.fencingToken, state: known.state },
  )

export const idempotencyBindings: readonly SqliteBinding[] = [
  checkOrCreate,
  heartbeat,
  complete,
  fail,
  forget,
  get,
  count,
]
