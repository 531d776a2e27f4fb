import { sql } from 'drizzle-orm'
import { heartbeat, startLeases, type LeaseAnswer } from '../leases.js'
import { granted, refused, type Verdict } from '../operation.js'
import type { LeaseRef } from '../work-items.js'
import type { SqliteDatabase } from './connection.js'
import { preparedLeaseRefusal } from './lease-refusal.js'
import { oneStatement, type SqliteBinding } from './module.js'
import { preparedChange, preparedRows } from './prepared.js'

const p = sql.placeholder

interface Extended {
  readonly leaseExpiresAtMs: number
}

/** One lease's answer: a batch is answered lease by lease, and a lost one says nothing about its neighbours. */
const answerOf = (workItemId: string, verdict: Verdict<Extended>): LeaseAnswer =>
  verdict.ok
    ? { workItemId, code: null, message: null, details: {}, leaseExpiresAtMs: verdict.value.leaseExpiresAtMs }
    : { workItemId, ...verdict.refusal, leaseExpiresAtMs: null }

/** From here on the attempt counts: what was claimed ahead is begun. Asked again, it changes nothing. */
const START = sql`
  update work_items
  set is_ahead = 0, started_at_ms = coalesce(started_at_ms, ${p('nowMs')}), updated_at_ms = ${p('nowMs')}
  where tenant = ${p('tenant')} and id = ${p('workItemId')}
    and state = 'running' and fencing_token = ${p('fencingToken')}
  returning lease_expires_at_ms as "leaseExpiresAtMs"`

/** One lease is one statement, which SQLite undoes by itself; several stand or fall together. */
const inOne = <Result>(db: SqliteDatabase, leases: readonly LeaseRef[], step: () => Result): Result =>
  leases.length === 1 ? step() : db.transaction(step)

export const startBinding: SqliteBinding = oneStatement(startLeases, (db) => {
  const update = preparedRows<Extended>(db, START)
  const refuse = preparedLeaseRefusal(db)
  return ({ leases, nowMs }) => {
    const start = (lease: LeaseRef): Verdict<Extended> => {
      const [started] = update({ ...lease, nowMs })
      return started ? granted(started) : refuse(lease)
    }
    return granted(inOne(db, leases, () => leases.map((lease) => answerOf(lease.workItemId, start(lease)))))
  }
})

/** A lease whose time is over is not extended, because somebody may be about to take it back; unless its holder knows better. */
const HEARTBEAT = sql`
  update work_items
  set lease_expires_at_ms = ${p('expiresAtMs')}, lease_ms = ${p('leaseMs')},
    heartbeat_at_ms = ${p('nowMs')}, updated_at_ms = ${p('nowMs')}
  where tenant = ${p('tenant')} and id = ${p('workItemId')}
    and state = 'running' and fencing_token = ${p('fencingToken')}
    and (lease_expires_at_ms > ${p('nowMs')} or ${p('isLive')})`

export const heartbeatBinding: SqliteBinding = oneStatement(heartbeat, (db) => {
  const update = preparedChange(db, HEARTBEAT)
  const stillHeld = preparedRows<Extended>(
    db,
    sql`
      select lease_expires_at_ms as "leaseExpiresAtMs" from work_items
      where tenant = ${p('tenant')} and id = ${p('workItemId')}
        and state = 'running' and fencing_token = ${p('fencingToken')}`,
  )
  const refuse = preparedLeaseRefusal(db)
  return ({ leases, leaseMs, isLive, nowMs }) => {
    const expiresAtMs = nowMs + leaseMs
    const extend = (lease: LeaseRef): Verdict<Extended> => {
      if (update({ ...lease, leaseMs, isLive: Number(isLive), nowMs, expiresAtMs }) === 1)
        return granted({ leaseExpiresAtMs: expiresAtMs })
      const [expired] = stillHeld(lease)
      if (!expired) return refuse(lease)
      const { leaseExpiresAtMs } = expired
      return refused('lease.expired', `the lease on ${lease.workItemId} ran out at ${leaseExpiresAtMs}`, {
        leaseExpiresAtMs,
      })
    }
    return granted(inOne(db, leases, () => leases.map((lease) => answerOf(lease.workItemId, extend(lease)))))
  }
})
