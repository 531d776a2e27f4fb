import { InvalidInputError, StatementRefusedError, StoreClosedError } from '../../errors.js'
import type { DriverConnection, SqlValue, Statement } from '../connection.js'
import { bindable } from './parameters.js'
import type { NativeDatabase } from './native.js'
import { StatementCache, type CachedStatement } from './statement-cache.js'
import { readStatement, refuseCheckpoint } from './statement-text.js'

/** More than all the statements of all packages together; past it they are prepared again, never kept. */
export const STATEMENT_CACHE_SIZE = 500

export interface FacadeOptions {
  /** Only the checkpointer's connection may run `PRAGMA wal_checkpoint`. */
  readonly mayCheckpoint: boolean
  readonly statementCacheSize?: number
}

/**
 * One SQLite library, bent to rules that hold for all of them: parameters are checked, statements are stepped to their
 * end, nothing outlives `close()`, and what would take the process or a lock with it is refused before it runs.
 */
export const facadeOver = (native: NativeDatabase, options: FacadeOptions): DriverConnection => {
  let isOpen = true

  const assertOpen = (): void => {
    if (!isOpen) throw new StoreClosedError('this connection is closed')
  }

  const statements = new StatementCache(options.statementCacheSize ?? STATEMENT_CACHE_SIZE, (sql) => {
    if (!options.mayCheckpoint) refuseCheckpoint(sql)
    return { text: readStatement(sql), native: native.prepare(sql) }
  })

  /**
   * A write outside of a transaction gets one of its own. One SQLITE_BUSY on a prepared statement of libsql leaves it
   * half-stepped, and every later COMMIT of the connection fails; BEGIN IMMEDIATE by exec() takes the refusal instead.
   */
  const guarded = <Result>(statement: CachedStatement, run: () => Result): Result => {
    if (!statement.text.writes || native.inTransaction) return run()
    native.exec('BEGIN IMMEDIATE')
    try {
      const result = run()
      native.exec('COMMIT')
      return result
    } catch (error) {
      if (native.inTransaction) native.exec('ROLLBACK')
      throw error
    }
  }

  const facade = (statement: CachedStatement): Statement => {
    const checked = (params: readonly unknown[]): SqlValue[] => {
      assertOpen()
      return bindable(params, statement.text.parameters)
    }
    const all = (params: readonly unknown[]): Record<string, SqlValue>[] => {
      const values = checked(params)
      return guarded(statement, () => statements.nativeOf(statement).all(values)).map(exactRow)
    }
    const arrays = (params: readonly unknown[]): SqlValue[][] => {
      const values = checked(params)
      return guarded(statement, () => statements.nativeOf(statement).arrays(values)).map(exactArray)
    }
    return {
      run: (...params) => {
        const values = checked(params)
        if (statements.nativeOf(statement).returnsRows)
          throw new StatementRefusedError('run() of a statement that returns rows keeps the write lock: use all()', { statement: statement.sql })
        return guarded(statement, () => statements.nativeOf(statement).run(values))
      },
      all: (...params) => all(params),
      get: (...params) => all(params)[0],
      raw: () => ({ all: (...params) => arrays(params), get: (...params) => arrays(params)[0] }),
    }
  }

  return {
    driver: native.driver,
    sqliteVersion: String(native.prepare('SELECT sqlite_version()').arrays([])[0]?.[0]),
    get inTransaction() {
      return isOpen && native.inTransaction
    },
    exec: (sql) => {
      assertOpen()
      if (!options.mayCheckpoint) refuseCheckpoint(sql)
      native.exec(sql)
    },
    prepare: (sql) => {
      assertOpen()
      return facade(statements.get(sql))
    },
    close: () => {
      if (!isOpen) return
      isOpen = false
      statements.clear()
      native.close()
    },
  }
}

/** libsql rounds an integer past 2^53 in silence; node:sqlite throws. Both refuse it here. */
const assertExact = (value: SqlValue | undefined): void => {
  if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value))
    throw new InvalidInputError(`a number past 2^53 was read (${value}): select it as text`, { kind: 'integer' })
}

const exactRow = (row: Record<string, SqlValue>): Record<string, SqlValue> => {
  for (const name in row) assertExact(row[name])
  return row
}

const exactArray = (row: SqlValue[]): SqlValue[] => {
  for (const value of row) assertExact(value)
  return row
}
