import { StatementRefusedError, StoreClosedError } from '../../errors.js'
import type { DriverConnection, SqlValue, Statement } from '../connection.js'
import { isBusy } from '../database-errors.js'
import type { NativeDatabase, NativeStatement } from './native.js'
import { bindable } from './parameters.js'
import { StatementCache, type CachedStatement } from './statement-cache.js'
import { readStatement, refuseCheckpoint, refuseUnsafeCheckpoint } from './statement-text.js'
import { TransactionWatch } from './transaction-watch.js'

/** More than all the statements of all packages together; past it they are prepared again, never kept. */
export const STATEMENT_CACHE_SIZE = 500

export interface FacadeOptions {
  readonly role: 'writer' | 'reader' | 'checkpointer'
  readonly statementCacheSize?: number
  /** Whether this process has the file's write lock now. A checkpointer is asked for a checkpoint at no other time. */
  readonly holdsWriteLock?: (() => boolean) | undefined
}

/**
 * One SQLite library, bent to rules that hold for all of them: parameters are checked, statements are stepped to their
 * end, nothing outlives `close()`, and what would take the process or a lock with it is refused before it runs.
 */
export const facadeOver = (native: NativeDatabase, options: FacadeOptions): DriverConnection => {
  let isOpen = true
  let sqliteVersion: string | undefined
  const watch = new TransactionWatch(native)
  const isCheckpointer = options.role === 'checkpointer'
  const holdsWriteLock = options.holdsWriteLock ?? (() => false)

  const assertSafe = (sql: string): void => {
    if (isCheckpointer && holdsWriteLock()) refuseUnsafeCheckpoint(sql)
    else refuseCheckpoint(sql)
  }

  const assertOpen = (): void => {
    if (!isOpen) throw new StoreClosedError('this connection is closed')
  }

  const statements = new StatementCache(options.statementCacheSize ?? STATEMENT_CACHE_SIZE, (sql) => {
    if (!isCheckpointer) refuseCheckpoint(sql)
    return { text: readStatement(sql), native: native.prepare(sql) }
  })

  const run = <Result>(
    statement: CachedStatement,
    params: readonly unknown[],
    step: (native: NativeStatement, values: readonly SqlValue[]) => Result,
  ): Result => {
    assertOpen()
    // One that was prepared under the lock may be run without it.
    if (isCheckpointer) assertSafe(statement.sql)
    const values = bindable(params, statement.text.parameters)
    const prepared = statements.nativeOf(statement)
    try {
      return options.role === 'writer' && statement.text.writes
        ? watch.insideOne(() => step(prepared, values))
        : step(prepared, values)
    } catch (error) {
      if (isBusy(error)) statements.drop(statement)
      throw error
    }
  }

  const facade = (statement: CachedStatement): Statement => {
    const all = (params: readonly unknown[]): Record<string, SqlValue>[] => run(statement, params, stepAll)
    const arrays = (params: readonly unknown[]): SqlValue[][] => run(statement, params, stepArrays)
    const first = (params: readonly unknown[]): SqlValue[] | undefined =>
      statement.text.writes ? arrays(params)[0] : run(statement, params, stepFirst)
    const raw = { all: (...params: SqlValue[]) => arrays(params), get: (...params: SqlValue[]) => first(params) }
    return {
      run: (...params) => run(statement, params, stepWithoutRows),
      all: (...params) => all(params),
      get: (...params) => all(params)[0],
      raw: () => raw,
    }
  }

  return {
    driver: native.driver,
    // Not asked before somebody wants it: SQLite reads the file's schema first, and meets whoever is just making it.
    get sqliteVersion() {
      sqliteVersion ??= String(native.prepare('SELECT sqlite_version()').arrays([])[0]?.[0])
      return sqliteVersion
    },
    get inTransaction() {
      // libsql aborts the process when it is asked after close.
      return isOpen && native.inTransaction
    },
    exec: (sql) => {
      assertOpen()
      assertSafe(sql)
      watch.exec(sql)
    },
    prepare: (sql) => {
      assertOpen()
      return facade(statements.get(sql))
    },
    close: () => {
      if (!isOpen) return
      isOpen = false
      statements.clear()
      closeNative(native)
    },
  }
}

/** A statement that libsql hasn't collected yet keeps the connection alive behind close(), an open transaction included. */
const closeNative = (native: NativeDatabase): void => {
  try {
    if (native.inTransaction) native.exec('ROLLBACK')
  } finally {
    native.close()
  }
}

const stepAll = (native: NativeStatement, values: readonly SqlValue[]): Record<string, SqlValue>[] => native.all(values)

const stepArrays = (native: NativeStatement, values: readonly SqlValue[]): SqlValue[][] => native.arrays(values)

const stepFirst = (native: NativeStatement, values: readonly SqlValue[]): SqlValue[] | undefined => native.first(values)

const stepWithoutRows = (native: NativeStatement, values: readonly SqlValue[]): ReturnType<Statement['run']> => {
  // libsql steps it once and never resets it: the row isn't committed, and the write lock stays held.
  if (native.returnsRows)
    throw new StatementRefusedError('run() is for statements without rows: use all()', { statement: 'run' })
  return native.run(values)
}
