import { sql } from 'drizzle-orm'
import { granted } from '../../operation.js'
import { checkableTables, checkTable } from '../../quick-check.js'
import { read, type SqliteBinding } from '../module.js'
import { preparedRows } from '../prepared.js'

const TABLES = sql`select name from sqlite_schema as found where type = 'table' and rootpage > 0`

/** Small and vital before large: a check that is cut short has seen what everything else rests on. */
const FIRST: readonly string[] = [
  'schema_versions',
  'schema_migrations',
  'store_properties',
  'retention_permits',
  'processes',
  'tasks',
  'work_items',
  'work_item_streams',
  'idempotency_keys',
]

const tables = read(checkableTables, (db) => {
  const all = preparedRows<{ name: string }>(db, TABLES)
  return () => {
    const names = all({}).map(({ name }) => name)
    return granted([...FIRST.filter((name) => names.includes(name)), ...names.filter((name) => !FIRST.includes(name))])
  }
})

const check = read(checkTable, (db) => ({ table }) => {
  const rows = db.all<{ readonly quick_check: string }>(sql.raw(`PRAGMA quick_check('${table.replaceAll("'", "''")}')`))
  return granted(rows.map((row) => row.quick_check).filter((answer) => answer !== 'ok'))
})

export const quickCheckBindings: readonly SqliteBinding[] = [tables, check]
