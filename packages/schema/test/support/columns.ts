import { getTableColumns } from 'drizzle-orm'
import { expect } from 'vitest'
import * as tables from '../../src/sqlite/index.js'
import { type Db, type Row, type SqlValue, only, refuses, update } from './db.js'

type TableName = 'tasks' | 'workItems' | 'checkpoints' | 'checkpointVerifications' | 'events' | 'idempotencyKeys'

const other = (value: SqlValue | undefined, isNumber: boolean): SqlValue => {
  if (isNumber) return Number(value ?? 0) + 7
  return value === 'other' ? 'another' : 'other'
}

/** Tries to change every single column of a row, and to set it to NULL, and expects each to be refused alike. */
export const everyColumnIsFrozen = async (
  db: Db,
  { name, table, where, code }: { name: TableName; table: string; where: string; code: string },
): Promise<void> => {
  const columns = Object.values(getTableColumns(tables[name]))
  expect(columns.length).toBeGreaterThan(5)
  const row: Row = await only(db, `select * from ${table} where ${where}`)
  for (const column of columns) {
    const value = other(row[column.name], column.dataType === 'number')
    await refuses(db, code, table, () => update(db, table, { [column.name]: value }, where))
    // SQLite itself refuses a row without its number, before any trigger.
    if (!column.primary) await refuses(db, code, table, () => update(db, table, { [column.name]: null }, where))
  }
}
