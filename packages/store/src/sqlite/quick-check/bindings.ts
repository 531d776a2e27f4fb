import { sql } from 'drizzle-orm'
import { granted } from '../../operation.js'
import { checkableTables, checkTable } from '../../quick-check.js'
import { read, type SqliteBinding } from '../module.js'
import { preparedRows } from '../prepared.js'

/** Small and vital before large: a check that is cut short has seen what everything else rests on. */
const TABLES = sql`
  select name from sqlite_schema
  where type = 'table' and rootpage > 0
  order by name not in ('schema_versions', 'schema_migrations', 'store_properties', 'processes', 'retention_permits'),
    name not in ('tasks', 'work_items', 'work_item_streams', 'idempotency_keys'), name`

const tables = read(checkableTables, (db) => {
  const all = preparedRows<{ name: string }>(db, TABLES)
  return () => granted(all({}).map(({ name }) => name))
})

const check = read(checkTable, (db) => ({ table }) => {
  const rows = db.all<{ readonly quick_check: string }>(sql.raw(`PRAGMA quick_check('${table.replaceAll("'", "''")}')`))
  return granted(rows.map((row) => row.quick_check).filter((answer) => answer !== 'ok'))
})

export const quickCheckBindings: readonly SqliteBinding[] = [tables, check]
