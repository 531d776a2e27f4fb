import { createRequire } from 'node:module'
import { DriverMissingError } from '../../errors.js'
import type { SqlValue } from '../connection.js'
import { mendArray, mendRow } from './exact-values.js'
import type { NativeDatabase, NativeStatement } from './native.js'

/** The part of libsql 0.5.29 that is safe to call. Its own types promise more than it keeps, so they are not used. */
interface LibsqlStatement {
  run(params: readonly SqlValue[]): { changes: number; lastInsertRowid: number | bigint }
  all(params: readonly SqlValue[]): unknown[]
  get(params: readonly SqlValue[]): unknown
  raw(on: boolean): LibsqlStatement
  columns(): readonly unknown[]
}
interface LibsqlDatabase {
  readonly inTransaction: boolean
  exec(sql: string): void
  prepare(sql: string): LibsqlStatement
  close(): void
}
type Libsql = new (path: string) => LibsqlDatabase

const require = createRequire(import.meta.url)

/** Loaded at first use: libsql is an optional peer, and another driver may stand in for it. */
const load = (): Libsql => {
  try {
    return require('libsql') as Libsql
  } catch (cause) {
    throw new DriverMissingError(
      'the libsql package is not installed: run `npm install libsql`, or choose another driver with ' +
        'HOLDFAST_SQLITE_DRIVER (node:sqlite on Node 24, or better-sqlite3)',
      { driver: 'libsql' },
      { cause },
    )
  }
}

/** It gives blobs as ArrayBuffers; everybody else gives bytes. */
const fromLibsql = (value: object): Uint8Array => new Uint8Array(value as ArrayBuffer)

const statementOf = (prepare: () => LibsqlStatement): NativeStatement => {
  const native = prepare()
  const first = firstRowOf(prepare)
  let isRaw = false
  const mode = (raw: boolean): LibsqlStatement => {
    if (raw !== isRaw) native.raw(raw)
    isRaw = raw
    return native
  }
  return {
    returnsRows: native.columns().length > 0,
    run: (params) => {
      const { changes, lastInsertRowid } = native.run(params)
      return { changes, lastInsertRowid }
    },
    // libsql's all() and never iterate(), which keeps the lock when it is left early.
    all: (params) => {
      const rows = mode(false).all(params) as Record<string, SqlValue>[]
      for (const row of rows) mendRow(row, fromLibsql)
      return rows
    },
    arrays: (params) => {
      const rows = mode(true).all(params) as SqlValue[][]
      for (const row of rows) mendArray(row, fromLibsql)
      return rows
    },
    first: (params) => {
      const row = first(params)
      if (row) mendArray(row, fromLibsql)
      return row
    },
  }
}

/**
 * One row by libsql's get(), which takes a third of what all() takes, on a statement of its own that is read by nothing
 * else: get() after all() finds the statement not reset and silently runs it with the parameters that all() was given;
 * after an error it repeats that error for ever; and as an object, not an array, its row would have a `_metadata`.
 */
const firstRowOf = (prepare: () => LibsqlStatement): NativeStatement['first'] => {
  let statement: LibsqlStatement | undefined
  return (params) => {
    statement ??= prepare().raw(true)
    try {
      return statement.get(params) as SqlValue[] | undefined
    } catch (error) {
      statement = undefined
      throw error
    }
  }
}

/** Opens `path` with libsql. No rule is applied here: `facade.ts` does that. */
export const openLibsql = (path: string): NativeDatabase => {
  const Libsql = load()
  const native = new Libsql(path)
  return {
    driver: 'libsql',
    get inTransaction() {
      return native.inTransaction
    },
    exec: (sql) => native.exec(sql),
    prepare: (sql) => statementOf(() => native.prepare(sql)),
    close: () => native.close(),
  }
}

/**
 * The native library that the loaded libsql calls: two of them are two copies of SQLite, while two installs of the
 * JavaScript around one are not.
 */
export const libsqlLocation = (): string => {
  load()
  const entry = require.resolve('libsql')
  const addon = require.cache[entry]?.children.find((child) => child.id.endsWith('.node'))
  return addon?.id ?? entry
}
