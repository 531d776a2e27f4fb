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
import { FENCING_FLOOR, preparedFloor } from './fencing-floor.js'
import { isKeyLeaseOver, KEY_LEASE_ENDED, overdueValues } from './key-lease.js'
import { oneStatement, quickRead, read, severalStatements, type SqliteBinding } from './module.js'
import { payloadOrNull } from './payload-columns.js'
import { preparedChange, preparedRows } from './prepared.js'

const p = sql.placeholder

const COLUMNS = sql`key.key, key.request_hash as "requestHash", key.state, key.fencing_token as "fencingToken",
  key.settle_token as "settleToken", key.owner, key.lease_ms as "leaseMs", key.lease_expires_at_ms as "leaseExpiresAtMs", key.response,
  key.response_encoding as "responseEncoding", key.error, key.created_at_ms as "createdAtMs", key.finished_at_ms as "finishedAtMs", key.expires_at_ms as "expiresAtMs"`

interface Row {
  readonly key: string
  readonly requestHash: string
  readonly state: IdempotencyState
  readonly fencingToken: number
  readonly settleToken: number | null
  readonly owner: string | null
  readonly leaseMs: number | null
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
    sql`select ${COLUMNS} from idempotency_keys as key where key.tenant = ${p('tenant')} and key.key = ${p('key')}`,
  )

const CREATE = sql`
  insert into idempotency_keys (tenant, key, request_hash, state, fencing_token, owner, process_id,
    lease_ms, lease_expires_at_ms, task_seq, work_item_seq, created_at_ms, expires_at_ms)
  select ${p('tenant')}, ${p('key')}, ${p('requestHash')}, 'pending', ${FENCING_FLOOR} + 1, ${p('owner')}, ${p('processId')},
    ${p('leaseMs')}, ${p('leaseExpiresAtMs')}, ${p('taskSeq')}, ${p('workItemSeq')}, ${p('nowMs')}, ${p('expiresAtMs')}
  where not exists (
    select 1 from idempotency_keys as known where known.tenant = ${p('tenant')} and known.key = ${p('key')}
  )
  returning fencing_token as "fencingToken"`

// An earlier attempt of the item that the caller holds took it. The item's own fence says that the attempt is over.
const LEFT_BY_EARLIER_ATTEMPT = sql`
  work_item_seq = ${p('workItemSeq')} and owner <> ${p('owner')} and exists (
    select 1 from work_items as item
    where item.seq = ${p('workItemSeq')} and item.state = 'running' and item.fencing_token = ${p('workItemToken')}
  )`

const LEFT_BY_ENDED_PROCESS = sql`
  exists (select 1 from processes as owner where owner.id = process_id and owner.state <> 'alive')`

// Nobody alive is at it, and either its time is over, so that it may stand for any request, or the request is the
// same and there is no answer yet. The token is raised: whoever held the key before can no longer mark it.
const TAKE_OVER = sql`
  update idempotency_keys set state = 'pending', fencing_token = fencing_token + 1, settle_token = null,
    request_hash = ${p('requestHash')}, owner = ${p('owner')}, process_id = ${p('processId')},
    lease_ms = ${p('leaseMs')}, lease_expires_at_ms = ${p('leaseExpiresAtMs')}, response = null, response_encoding = null, error = null,
    task_seq = ${p('taskSeq')}, work_item_seq = ${p('workItemSeq')}, finished_at_ms = null,
    created_at_ms = case when expires_at_ms <= ${p('nowMs')} then ${p('nowMs')} else created_at_ms end,
    expires_at_ms = ${p('expiresAtMs')}
  where tenant = ${p('tenant')} and key = ${p('key')}
    and (state <> 'pending' or ${isKeyLeaseOver(sql`idempotency_keys`)}
      or (${LEFT_BY_EARLIER_ATTEMPT}) or ${LEFT_BY_ENDED_PROCESS})
    and (expires_at_ms <= ${p('nowMs')} or (state <> 'completed' and request_hash = ${p('requestHash')}))
  returning fencing_token as "fencingToken"`

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
    const values = {
      ...args,
      ...links.value,
      owner: ownerOf(args),
      leaseExpiresAtMs,
      expiresAtMs: args.nowMs + args.ttlMs,
      ...overdueValues(args),
    }
    const [created] = create(values)
    if (created) return granted({ outcome: 'created' as const, ...created, leaseExpiresAtMs })
    const [taken] = takeOver(values)
    if (taken) return granted({ outcome: 'taken_over' as const, ...taken, leaseExpiresAtMs })
    const [known] = find(args)
    return known ? outcomeOf(known, args) : notFound(args)
  }
})

/** All callers of one attempt are one owner, whatever they call themselves: they can't take a key from each other. */
const ownerOf = ({ owner, workItemId, workItemToken }: CheckOrCreateArgs): string =>
  workItemToken === null ? owner : `${workItemId}#${workItemToken}`

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
    fencingToken: known.fencingToken,
    leaseMs: known.leaseMs ?? 0,
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
    sql`select (select seq from tasks where tenant = ${p('tenant')} and id = ${p('taskId')}) as "taskSeq",
      (select seq from work_items where tenant = ${p('tenant')} and id = ${p('workItemId')}) as "workItemSeq"`,
  )
  const none: Links = { taskSeq: null, workItemSeq: null }
  return ({ tenant, taskId, workItemId }) => {
    if (taskId === null && workItemId === null) return granted(none)
    const [found = none] = find({ tenant, taskId, workItemId })
    if (taskId !== null && found.taskSeq === null)
      return refused('task.not_found', `there is no task ${taskId}`, { taskId })
    if (workItemId !== null && found.workItemSeq === null)
      return refused('work_item.not_found', `there is no work item ${workItemId}`, { workItemId })
    return granted(found)
  }
}

const heartbeat = oneStatement(heartbeatKey, (db) => {
  const beat = preparedRows<{ leaseExpiresAtMs: number }>(
    db,
    sql`update idempotency_keys set lease_ms = ${p('leaseMs')}, lease_expires_at_ms = ${p('leaseExpiresAtMs')}
        where tenant = ${p('tenant')} and key = ${p('key')} and state = 'pending'
          and fencing_token = ${p('fencingToken')}
          and (lease_expires_at_ms > ${p('nowMs')} or (${p('isLive')} and lease_expires_at_ms > ${KEY_LEASE_ENDED}))
        returning lease_expires_at_ms as "leaseExpiresAtMs"`,
  )
  const find = findKey(db)
  return (args) => {
    const [row] = beat({ ...args, isLive: Number(args.isLive), leaseExpiresAtMs: args.nowMs + args.leaseMs })
    if (row) return granted(row)
    const [known] = find(args)
    if (known?.state === 'completed' && known.fencingToken === args.fencingToken) return alreadyCompleted(args)
    return known ? lost(known, args) : notFound(args)
  }
})

const COMPLETE = sql`
  update idempotency_keys set state = 'completed', settle_token = fencing_token, owner = null,
    lease_ms = null, lease_expires_at_ms = null, response = ${p('response')}, response_encoding = ${p('responseEncoding')},
    finished_at_ms = ${p('nowMs')}
  where tenant = ${p('tenant')} and key = ${p('key')} and state = 'pending' and fencing_token = ${p('fencingToken')}`

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
  update idempotency_keys set state = 'failed', settle_token = fencing_token, owner = null,
    lease_ms = null, lease_expires_at_ms = null, error = ${p('error')}, finished_at_ms = ${p('nowMs')}
  where tenant = ${p('tenant')} and key = ${p('key')} and state = 'pending' and fencing_token = ${p('fencingToken')}`

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
    sql`select seq from idempotency_keys where tenant = ${p('tenant')} and key = ${p('key')}`,
  )
  const permit = preparedChange(
    db,
    sql`insert into retention_permits (kind, row_seq) values ('idempotency_key', ${p('seq')})`,
  )
  const erase = preparedChange(db, sql`delete from idempotency_keys where seq = ${p('seq')}`)
  const withdraw = preparedChange(
    db,
    sql`delete from retention_permits where kind = 'idempotency_key' and row_seq = ${p('seq')}`,
  )
  const raiseFloor = preparedFloor(db, 'idempotency_keys', sql`doomed.seq = ${p('seq')}`)
  return (args) => {
    const [found] = find(args)
    if (!found) return granted({ forgotten: false })
    raiseFloor(found)
    permit(found)
    erase(found)
    withdraw(found)
    return granted({ forgotten: true })
  }
})

const get = quickRead(getKey, (db) => {
  const find = preparedRows<Row & { taskId: string | null; workItemId: string | null }>(
    db,
    sql`select ${COLUMNS}, task.id as "taskId", item.id as "workItemId"
        from idempotency_keys as key
        left join tasks as task on task.seq = key.task_seq
        left join work_items as item on item.seq = key.work_item_seq
        where key.tenant = ${p('tenant')} and key.key = ${p('key')}`,
  )
  return (args) => {
    const [row] = find(args)
    if (!row) return granted(null)
    const { settleToken: _, responseEncoding: __, leaseMs: ___, ...rest } = row
    return granted({ ...rest, response: responseOf(row) } satisfies KeyRecord)
  }
})

const count = read(countKeys, (db) => {
  const statistics = preparedRows<{ pending: number; completed: number; failed: number; expired: number }>(
    db,
    sql`select count(*) filter (where state = 'pending' and expires_at_ms > ${p('nowMs')}) as pending,
          count(*) filter (where state = 'completed' and expires_at_ms > ${p('nowMs')}) as completed,
          count(*) filter (where state = 'failed' and expires_at_ms > ${p('nowMs')}) as failed,
          count(*) filter (where expires_at_ms <= ${p('nowMs')}) as expired
        from idempotency_keys where tenant = ${p('tenant')}`,
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
