import { createRequire } from 'node:module'
import { DriverMissingError } from '../../errors.js'
import type { SqlValue } from '../connection.js'
import type { NativeDatabase, NativeStatement } from './native.js'

type Row = Record<string, SqlValue>

/** The part of libsql 0.5.29 that is safe to call. Its own types promise more than it keeps, so they are not used. */
interface LibsqlStatement {
  run(params: readonly SqlValue[]): { changes: number; lastInsertRowid: number | bigint }
  all(params: readonly SqlValue[]): unknown[]
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
      'the libsql package is not installed: run `npm install libsql`, or set HOLDFAST_SQLITE_DRIVER=node:sqlite on Node 24',
      { driver: 'libsql' },
      { cause },
    )
  }
}

/** libsql gives blobs as ArrayBuffers; everybody else gives a Uint8Array. */
const fromLibsql = (value: unknown): unknown => (value instanceof ArrayBuffer ? new Uint8Array(value) : value)

const blobsInRow = (row: Row): Row => {
  for (const name in row) if (typeof row[name] === 'object' && row[name] !== null) row[name] = fromLibsql(row[name]) as SqlValue
  return row
}

const blobsInArray = (row: SqlValue[]): SqlValue[] => {
  for (let i = 0; i < row.length; i += 1) if (typeof row[i] === 'object') row[i] = fromLibsql(row[i]) as SqlValue
  return row
}

const statementOf = (native: LibsqlStatement): NativeStatement => {
  let isRaw = false
  const mode = (raw: boolean): LibsqlStatement => {
    if (raw !== isRaw) native.raw(raw)
    isRaw = raw
    return native
  }
  return {
    returnsRows: native.columns().length > 0,
    run: (params) => native.run(params),
    // libsql's all(), never get() or iterate(): get() adds `_metadata` and, after an error, repeats it; iterate() left
    // early keeps the lock.
    all: (params) => (mode(false).all(params) as Row[]).map(blobsInRow),
    arrays: (params) => (mode(true).all(params) as SqlValue[][]).map(blobsInArray),
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
    prepare: (sql) => statementOf(native.prepare(sql)),
    close: () => native.close(),
  }
}

/** Where the loaded copy of libsql lives: two places are two libraries. */
export const libsqlLocation = (): string => {
  load()
  return require.resolve('libsql')
}
