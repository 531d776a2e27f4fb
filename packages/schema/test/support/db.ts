import { expect } from 'vitest'

export type SqlValue = string | number | null
export type Row = Record<string, SqlValue>

/** A database that was migrated, spoken to in plain SQL by a writer that has never heard of the store. */
export interface Db {
  readonly engine: 'sqlite' | 'postgres'
  /** `?` stands for a parameter on both engines. */
  exec(sql: string, params?: readonly SqlValue[]): Promise<void>
  all(sql: string, params?: readonly SqlValue[]): Promise<Row[]>
}

/** Gives a test an empty, migrated database. */
export type Fresh = () => Promise<Db>

/** `?, ?, ?` */
const marks = (count: number): string => Array.from({ length: count }, () => '?').join(', ')

/** `INSERT INTO`, with the row's own number as the answer. */
export const insert = async (db: Db, table: string, row: Row, verb = 'insert'): Promise<Row> => {
  const columns = Object.keys(row)
  const [made] = await db.all(
    `${verb} into ${table} (${columns.join(', ')}) values (${marks(columns.length)}) returning *`,
    Object.values(row),
  )
  if (!made) throw new Error(`nothing was inserted into ${table}`)
  return made
}

/** An insert that would take the place of the row that is there, in the engine's own words. */
export const insertOver = async (db: Db, table: string, row: Row, key: string): Promise<void> => {
  const columns = Object.keys(row)
  const values = `into ${table} (${columns.join(', ')}) values (${marks(columns.length)})`
  const statement =
    db.engine === 'sqlite'
      ? `insert or replace ${values}`
      : `insert ${values} on conflict (${key}) do update set ${columns.map((name) => `${name} = excluded.${name}`).join(', ')}`
  await db.exec(statement, Object.values(row))
}

export const update = async (db: Db, table: string, set: Row, where: string, verb = 'update'): Promise<void> =>
  db.exec(
    `${verb} ${table} set ${Object.keys(set)
      .map((column) => `${column} = ?`)
      .join(', ')} where ${where}`,
    Object.values(set),
  )

export const only = async (db: Db, sql: string, params: readonly SqlValue[] = []): Promise<Row> => {
  const rows = await db.all(sql, params)
  expect(rows).toHaveLength(1)
  return rows[0] as Row
}

export const count = async (db: Db, from: string): Promise<number> =>
  Number((await only(db, `select count(*) as n from ${from}`)).n)

/** Why a database said no, in one word for both engines: a trigger's code, `check <name>`, `unique`, `foreign key` … */
export class Refused extends Error {
  constructor(
    readonly reason: string,
    cause: unknown,
  ) {
    super(`refused: ${reason}`, { cause })
  }
}

/** Expects the change to be refused for exactly this reason, and the table to be as it was. */
export const refuses = async (db: Db, reason: string, table: string, change: () => Promise<unknown>): Promise<void> => {
  const before = await db.all(`select * from ${table} order by 1, 2`)
  await expect(change()).rejects.toMatchObject({ reason })
  expect(await db.all(`select * from ${table} order by 1, 2`)).toEqual(before)
}

/** A text that is no JSON: SQLite names the constraint, PostgreSQL's cast speaks first. */
export const notJson = (db: Db, check: string): string => (db.engine === 'sqlite' ? `check ${check}` : 'not json')
