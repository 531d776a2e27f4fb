import { sql } from 'drizzle-orm'
import { granted } from '../operation.js'
import { heartbeatProcess, listProcesses, registerProcess, stopProcess, type ProcessRecord } from '../processes.js'
import { oneStatement, read, type SqliteBinding } from './module.js'
import { preparedChange, preparedRows } from './prepared.js'

const p = sql.placeholder

// A process registers once with an id of its own; again after it was taken for dead, or when its first answer was lost.
const REGISTER = sql`
  insert into processes (id, kind, host, pid, version, state, started_at_ms, heartbeat_at_ms, ended_at_ms)
  values (${p('id')}, ${p('kind')}, ${p('host')}, ${p('pid')}, ${p('version')}, 'alive', ${p('nowMs')}, ${p('nowMs')}, null)
  on conflict (id) do update set kind = excluded.kind, host = excluded.host, pid = excluded.pid,
    version = excluded.version, state = 'alive', heartbeat_at_ms = excluded.heartbeat_at_ms, ended_at_ms = null`

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
    sql`update processes set heartbeat_at_ms = ${p('nowMs')} where id = ${p('id')} and state = 'alive'`,
  )
  return (args) => granted({ alive: beat(args) === 1 })
})

const stop = oneStatement(stopProcess, (db) => {
  const end = preparedChange(
    db,
    sql`update processes set state = 'stopped', ended_at_ms = ${p('nowMs')} where id = ${p('id')} and state = 'alive'`,
  )
  return (args) => granted({ stopped: end(args) === 1 })
})

const COLUMNS = sql`id, kind, host, pid, version, state, started_at_ms as "startedAtMs",
  heartbeat_at_ms as "heartbeatAtMs", ended_at_ms as "endedAtMs"`

const list = read(listProcesses, (db) => {
  const all = preparedRows<ProcessRecord>(
    db,
    sql`select ${COLUMNS} from processes order by seq desc limit ${p('limit')}`,
  )
  const inState = preparedRows<ProcessRecord>(
    db,
    sql`select ${COLUMNS} from processes where state = ${p('state')} order by heartbeat_at_ms desc limit ${p('limit')}`,
  )
  return ({ state, limit }) => granted(state === null ? all({ limit }) : inState({ state, limit }))
})

export const processBindings: readonly SqliteBinding[] = [register, heartbeat, stop, list]
