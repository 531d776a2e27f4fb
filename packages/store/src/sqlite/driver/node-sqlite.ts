import { DriverMissingError, InvalidInputError } from '../../errors.js'
import type { SqlValue } from '../connection.js'
import type { NativeDatabase, NativeStatement } from './native.js'

/** The part of node:sqlite that is used here. Node 20's types don't have it. */
interface NodeStatement {
  run(...params: readonly SqlValue[]): { changes: number | bigint; lastInsertRowid: number | bigint }
  all(...params: readonly SqlValue[]): unknown[]
  columns(): readonly unknown[]
  setReturnArrays(on: boolean): void
}
interface NodeDatabase {
  readonly isTransaction: boolean
  exec(sql: string): void
  prepare(sql: string): NodeStatement
  close(): void
}
interface NodeSqlite {
  readonly DatabaseSync: new (path: string, options: { timeout: number; allowExtension: boolean }) => NodeDatabase
}

/** Before 24 it lacks what the facade needs: arrays as rows, and columns. */
const OLDEST_NODE = 24

const load = (): NodeSqlite => {
  const major = Number(process.versions.node.split('.')[0])
  if (major < OLDEST_NODE)
    throw new DriverMissingError(
      `node:sqlite needs Node ${OLDEST_NODE} or newer, and this is ${process.versions.node}: use libsql here`,
      {
        driver: 'node:sqlite',
        node: process.versions.node,
      },
    )
  return process.getBuiltinModule('node:sqlite') as unknown as NodeSqlite
}

/** node:sqlite throws a RangeError at an integer past 2^53, and reads the next statement as if nothing had been. */
const exactly = <Result>(read: () => Result): Result => {
  try {
    return read()
  } catch (cause) {
    if ((cause as { code?: unknown }).code !== 'ERR_OUT_OF_RANGE') throw cause
    throw new InvalidInputError('a number past 2^53 was read: select it as text', { kind: 'integer' }, { cause })
  }
}

const statementOf = (native: NodeStatement): NativeStatement => {
  const arrays = (params: readonly SqlValue[]): SqlValue[][] => {
    native.setReturnArrays(true)
    return exactly(() => native.all(...params) as SqlValue[][])
  }
  return {
    returnsRows: native.columns().length > 0,
    run: (params) => {
      const { changes, lastInsertRowid } = native.run(...params)
      return { changes: Number(changes), lastInsertRowid }
    },
    all: (params) => {
      native.setReturnArrays(false)
      // Its rows have no prototype; a copy is an ordinary object, as from every other driver.
      return exactly(() => native.all(...params) as Record<string, SqlValue>[]).map((row) => ({ ...row }))
    },
    arrays,
    first: (params) => arrays(params)[0],
  }
}

/** Opens `path` with the SQLite inside Node. No rule is applied here: `facade.ts` does that. */
export const openNodeSqlite = (path: string): NativeDatabase => {
  const { DatabaseSync } = load()
  const native = new DatabaseSync(path, { timeout: 0, allowExtension: false })
  return {
    driver: 'node:sqlite',
    get inTransaction() {
      return native.isTransaction
    },
    exec: (sql) => native.exec(sql),
    prepare: (sql) => statementOf(native.prepare(sql)),
    close: () => native.close(),
  }
}

/** Where it lives: there is one per process by construction. */
export const NODE_SQLITE = 'node:sqlite'

export const nodeSqliteLocation = (): string => {
  load()
  return NODE_SQLITE
}
