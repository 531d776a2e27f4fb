import { BetterSQLiteSession, BetterSQLiteTransaction } from 'drizzle-orm/better-sqlite3/session'
import { sql } from 'drizzle-orm'
import { BaseSQLiteDatabase, SQLiteSyncDialect } from 'drizzle-orm/sqlite-core'
import { StatementRefusedError } from '../../errors.js'
import type { SqliteDatabase, Statement } from '../connection.js'

/** What drizzle needs of a connection. */
export interface DrizzleClient {
  prepare(sql: string): Statement
  /** Runs `body` in a transaction of its own, or in a savepoint when one is open already. */
  transaction<Result>(body: () => Result): Result
}

/** Work that goes on after its transaction has ended would not be part of it. */
export const refusePromise = (result: unknown): void => {
  if (typeof (result as PromiseLike<unknown> | null | undefined)?.then !== 'function') return
  // Its own failure is of no interest any more: the whole transaction is refused.
  Promise.resolve(result).catch(() => undefined)
  throw new StatementRefusedError('a transaction callback must not be async: it would end before its work does', {
    statement: 'transaction',
  })
}

/** A transaction handle whose nested transactions are savepoints, and refuse promises as well. */
class Transaction extends BetterSQLiteTransaction<Record<string, never>, Record<string, never>> {
  override transaction<Result>(body: (tx: never) => Result): Result {
    const name = `holdfast_${this.nestedIndex}`
    // drizzle hands both over to its own transaction class the same way; their types call them internal.
    const { dialect, session } = this as unknown as { dialect: never; session: never }
    const nested = new Transaction('sync', dialect, session, this.schema, this.nestedIndex + 1)
    this.run(sql.raw(`SAVEPOINT ${name}`))
    try {
      const result = body(nested as never)
      refusePromise(result)
      this.run(sql.raw(`RELEASE ${name}`))
      return result
    } catch (error) {
      this.run(sql.raw(`ROLLBACK TO ${name}`))
      this.run(sql.raw(`RELEASE ${name}`))
      throw error
    }
  }
}

class Session extends BetterSQLiteSession<Record<string, never>, Record<string, never>> {
  constructor(
    readonly holdfast: DrizzleClient,
    readonly syncDialect: SQLiteSyncDialect,
  ) {
    super(holdfast as never, syncDialect, undefined)
  }

  /** `behavior` is ignored: a deferred transaction that writes later fails with SQLITE_BUSY_SNAPSHOT at once. */
  override transaction<Result>(body: (tx: never) => Result): Result {
    return this.holdfast.transaction(() => {
      const result = body(new Transaction('sync', this.syncDialect as never, this as never, undefined) as never)
      refusePromise(result)
      return result
    })
  }
}

/**
 * drizzle's synchronous SQLite handle over a connection of ours. It is the session that drizzle ships for
 * better-sqlite3, which needs nothing of that package but this small client.
 */
export const drizzleOver = (client: DrizzleClient): SqliteDatabase => {
  const dialect = new SQLiteSyncDialect({})
  return new BaseSQLiteDatabase('sync', dialect, new Session(client, dialect) as never, undefined) as SqliteDatabase
}
