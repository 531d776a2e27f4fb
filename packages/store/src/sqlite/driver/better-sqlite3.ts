import { createRequire } from 'node:module'
import { dirname, sep } from 'node:path'
import { DriverMissingError, InvalidInputError } from '../../errors.js'
import type { SqlValue } from '../connection.js'
import { mendArray, mendRow } from './exact-values.js'
import type { NativeDatabase, NativeStatement } from './native.js'

/** The part of better-sqlite3 12 that is used here. */
interface BetterStatement {
  /** True when it returns rows; `raw` may only be called then. */
  readonly reader: boolean
  run(params: readonly SqlValue[]): { changes: number; lastInsertRowid: number | bigint }
  all(params: readonly SqlValue[]): unknown[]
  raw(on: boolean): BetterStatement
}
interface BetterDatabase {
  readonly inTransaction: boolean
  exec(sql: string): void
  prepare(sql: string): BetterStatement
  close(): void
}
type BetterSqlite3 = new (path: string, options: { timeout: number }) => BetterDatabase

const require = createRequire(import.meta.url)

/**
 * From here on Node's ObjectWrap, which better-sqlite3 12 is built on, asks for the environment when an object is
 * collected. V8 collects outside of one, so whichever garbage collection comes to a statement may end the process
 * ("RemoveEnvironmentCleanupHook … Assertion failed: (env) != nullptr"). Go on when a version on Node-API is supported.
 */
const FIRST_NODE_THAT_ABORTS = 24

/** Its own default is to wait for a lock for 5 s, with the event loop blocked. */
const NO_WAIT = { timeout: 0 }

let loaded: { readonly BetterSqlite3: BetterSqlite3; readonly location: string } | undefined

/** Loaded at first use: better-sqlite3 is an optional peer. */
const load = (): NonNullable<typeof loaded> => {
  refuseNode(process.versions.node)
  try {
    loaded ??= loadNow()
    return loaded
  } catch (cause) {
    throw new DriverMissingError(
      `better-sqlite3 can't be loaded (${(cause as Error).message}): run \`npm install better-sqlite3@12\` with this ` +
        `Node (${process.version}), or unset HOLDFAST_SQLITE_DRIVER to use libsql`,
      { driver: 'better-sqlite3', node: process.version },
      { cause },
    )
  }
}

const refuseNode = (node: string): void => {
  if (Number.parseInt(node, 10) < FIRST_NODE_THAT_ABORTS) return
  throw new DriverMissingError(
    `better-sqlite3 12 can end a process on Node ${FIRST_NODE_THAT_ABORTS} and newer, and this is ${node}: use ` +
      'node:sqlite or libsql here',
    { driver: 'better-sqlite3', node },
  )
}

const loadNow = (): NonNullable<typeof loaded> => {
  const BetterSqlite3 = require('better-sqlite3') as BetterSqlite3
  // An opened database is the proof that the native library is there and was built for this Node.
  new BetterSqlite3(':memory:', NO_WAIT).close()
  const entry = require.resolve('better-sqlite3')
  const folder = dirname(dirname(entry))
  const addon = Object.keys(require.cache).find((file) => file.startsWith(folder + sep) && file.endsWith('.node'))
  return { BetterSqlite3, location: addon ?? entry }
}

/** It gives blobs as Buffers; everybody else gives plain bytes. */
const fromBetterSqlite3 = (value: object): Uint8Array => {
  const { buffer, byteOffset, byteLength } = value as Uint8Array
  return new Uint8Array(buffer, byteOffset, byteLength)
}

const statementOf = (native: BetterStatement): NativeStatement => {
  let isRaw = false
  const mode = (raw: boolean): BetterStatement => {
    if (raw !== isRaw && native.reader) native.raw(raw)
    isRaw = raw
    return native
  }
  // all() and arrays() of a statement without rows are refused by the library; here they give none, as elsewhere.
  const rowsOf = (params: readonly SqlValue[], raw: boolean): unknown[] => {
    if (native.reader) return mode(raw).all(params)
    native.run(params)
    return []
  }
  const arrays = (params: readonly SqlValue[]): SqlValue[][] => {
    const rows = rowsOf(params, true) as SqlValue[][]
    for (const row of rows) mendArray(row, fromBetterSqlite3)
    return rows
  }
  return {
    returnsRows: native.reader,
    run: (params) => native.run(params),
    all: (params) => {
      const rows = rowsOf(params, false) as Record<string, SqlValue>[]
      for (const row of rows) mendRow(row, fromBetterSqlite3)
      return rows
    },
    arrays,
    first: (params) => arrays(params)[0],
  }
}

/**
 * Opens `path` with better-sqlite3. No rule is applied here: `facade.ts` does that.
 *
 * @throws {InvalidInputError} `input.invalid`: it cuts spaces off both ends of a path, and would open another file.
 */
export const openBetterSqlite3 = (path: string): NativeDatabase => {
  if (path !== path.trim())
    throw new InvalidInputError(`better-sqlite3 can't open a path that begins or ends with a space: ${path}`, { path })
  const { BetterSqlite3 } = load()
  const native = new BetterSqlite3(path, NO_WAIT)
  return {
    driver: 'better-sqlite3',
    get inTransaction() {
      return native.inTransaction
    },
    exec: (sql) => native.exec(sql),
    prepare: (sql) => statementOf(native.prepare(sql)),
    close: () => native.close(),
  }
}

/** The native library: two of them are two copies of SQLite, while two installs of the JavaScript around one are not. */
export const betterSqlite3Location = (): string => load().location
