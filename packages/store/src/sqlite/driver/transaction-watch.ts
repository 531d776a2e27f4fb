import { StatementRefusedError, type StoreError } from '../../errors.js'
import type { NativeDatabase } from './native.js'

const BEGIN = /^\s*begin\b/i
const ROLLBACK = /^\s*rollback\b(?!\s+(?:transaction\s+)?to\b)/i
const CONTROL = /^\s*(?:begin|commit|end|rollback|savepoint|release)\b/i

/**
 * Knows when SQLite has ended a transaction that its owner still believes in.
 *
 * A full disk under memory pressure rolled back the WHOLE transaction, and what followed committed on its own
 * (measured). From then on every write is refused until the owner says ROLLBACK, or begins anew.
 */
export class TransactionWatch {
  #begun = false

  constructor(private readonly native: NativeDatabase) {}

  /** ROLLBACK without a transaction does nothing: whoever cleans up need not know how far SQLite went itself. */
  exec(sql: string): void {
    if (!this.native.inTransaction) {
      if (ROLLBACK.test(sql)) {
        this.#begun = false
        return
      }
      if (this.#begun && !BEGIN.test(sql)) throw lost()
    }
    try {
      this.native.exec(sql)
    } finally {
      if (CONTROL.test(sql)) this.#begun = this.native.inTransaction
    }
  }

  /**
   * Runs a write in the transaction that is open, or in one of its own. One SQLITE_BUSY on a prepared statement of
   * libsql leaves it half-stepped, and every later COMMIT of the connection fails; BEGIN IMMEDIATE by exec() takes the
   * refusal instead.
   */
  insideOne<Result>(write: () => Result): Result {
    if (this.native.inTransaction) return write()
    if (this.#begun) throw lost()
    this.native.exec('BEGIN IMMEDIATE')
    try {
      const result = write()
      this.native.exec('COMMIT')
      return result
    } catch (error) {
      if (this.native.inTransaction) this.native.exec('ROLLBACK')
      throw error
    }
  }
}

const lost = (): StoreError =>
  new StatementRefusedError('the database rolled this transaction back after a failure: say ROLLBACK and begin again', {
    statement: 'transaction',
  })
