import { sql } from 'drizzle-orm'
import { granted } from '../operation.js'
import {
  heartbeatProcess,
  listProcesses,
  registerProcess,
  stopProcess,
  type ProcessRecord,
} from '../processes.js'
import { oneStatement, read, type SqliteBinding } from './module.js'
import { preparedChange, preparedRows } from './prepared.js'

const p = sql.placeholder

// A process registers once with an id of its own; again after it was taken for dead, or when its first answer was lost.
const REGISTER = sql`
  INSERT INTO processes (id, kind, host, pid, version, state, started_at_ms, heartbeat_at_ms, ended_at_ms)
  VALUES (${p('id')}, ${p('kind')}, ${p('host')}, ${p('pid')}, ${p('version')}, 'alive', ${p('nowMs')}, ${p('nowMs')}, NULL)
  ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, host = excluded.host, pid = excluded.pid,
    version = excluded.version, state = 'alive', heartbeat_at_ms = excluded.heartbeat_at_ms, ended_at_ms = NULL`

const register = oneStatement(registerProcess, (db) => {
  const upsert = preparedChange(db, REGISTER)
  return (args) => {
    upsert(args)
    return granted({ registered: true as const })
  }
})

const heartbeat = oneStatement(heartbeatProcess, (db) => {
  const beat = preparedChange(
    db,
    sql`UPDATE processes SET heartbeat_at_ms = ${p('nowMs')} WHERE id = ${p('id')} AND state = 'alive'`,
  )
  return (args) => granted({ alive: beat(args) === 1 })
})

const stop = oneStatement(stopProcess, (db) => {
  const end = preparedChange(
    db,
    sql`UPDATE processes SET state = 'stopped', ended_at_ms = ${p('nowMs')} WHERE id = ${p('id')} AND state = 'alive'`,
  )
  return (args) => granted({ stopped: end(args) === 1 })
})

const COLUMNS = sql`id, kind, host, pid, version, state, started_at_ms AS "startedAtMs",
  heartbeat_at_ms AS "heartbeatAtMs", ended_at_ms AS "endedAtMs"`

const list = read(listProcesses, (db) => {
  const all = preparedRows<ProcessRecord>(
    db,
    sql`SELECT ${COLUMNS} FROM processes ORDER BY seq DESC LIMIT ${p('limit')}`,
  )
  const inState = preparedRows<ProcessRecord>(
    db,
    sql`SELECT ${COLUMNS} FROM processes WHERE state = ${p('state')} ORDER BY heartbeat_at_ms DESC LIMIT ${p('limit')}`,
  )
  return ({ state, limit }) => granted(state === null ? all({ limit }) : inState({ state, limit }))
})

export const processBindings: readonly SqliteBinding[] = [register, heartbeat, stop, list]
