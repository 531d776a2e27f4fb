import { type Table, getTableColumns, getTableName } from 'drizzle-orm'
import { expect } from 'vitest'
import { type Db, type Row, type SqlValue, only, refuses, update } from './db.js'

const other = (value: SqlValue | undefined, isNumber: boolean): SqlValue => {
  if (isNumber) return Number(value ?? 0) + 7
  return value === 'other' ? 'another' : 'other'
}

/** Tries to change every single column of a row, and to set it to NULL, and expects each to be refused alike. */
export const everyColumnIsFrozen = async (
  db: Db,
  { table, where, code }: { table: Table; where: string; code: string },
): Promise<void> => {
  const name = getTableName(table)
  const columns = Object.values(getTableColumns(table))
  expect(columns.length).toBeGreaterThan(5)
  const row: Row = await only(db, `select * from ${name} where ${where}`)
  for (const column of columns) {
    const value = other(row[column.name], column.dataType === 'number')
    await refuses(db, code, name, () => update(db, name, { [column.name]: value }, where))
    // SQLite itself refuses a row without its number, before any trigger.
    if (!column.primary) await refuses(db, code, name, () => update(db, name, { [column.name]: null }, where))
  }
}
