import type { NativeStatement } from './native.js'
import type { StatementText } from './statement-text.js'

/** A statement's text and, while it is cached, what the library made of it. */
export interface CachedStatement {
  readonly sql: string
  readonly text: StatementText
  native: NativeStatement | undefined
  usedSinceLook: boolean
}

/**
 * The prepared statements of one connection, at most `capacity` of them: 100,000 distinct texts grew libsql by 292 MB.
 *
 * Only the cache holds the library's statements. One that falls out loses it and is prepared again at its next use;
 * `clear` takes all of them away, so nothing of a closed connection stays referenced (libsql has no finalize, and a
 * referenced statement keeps the file open and still writes). What goes is chosen by second chance, because it costs
 * one assignment per use.
 */
export class StatementCache {
  readonly #statements = new Map<string, CachedStatement>()

  constructor(
    readonly capacity: number,
    private readonly make: (sql: string) => { text: StatementText; native: NativeStatement },
  ) {}

  get size(): number {
    return this.#statements.size
  }

  get(sql: string): CachedStatement {
    const known = this.#statements.get(sql)
    if (known) return known
    const made: CachedStatement = { sql, ...this.make(sql), usedSinceLook: false }
    this.#add(made)
    return made
  }

  /** What the library prepared for `statement`; prepared again when it fell out. */
  nativeOf(statement: CachedStatement): NativeStatement {
    statement.usedSinceLook = true
    if (statement.native) return statement.native
    const native = this.make(statement.sql).native
    statement.native = native
    this.#add(statement)
    return native
  }

  /** Forgets one, for example after SQLITE_BUSY left it half-stepped. */
  drop(statement: CachedStatement): void {
    statement.native = undefined
    if (this.#statements.get(statement.sql) === statement) this.#statements.delete(statement.sql)
  }

  clear(): void {
    for (const statement of this.#statements.values()) statement.native = undefined
    this.#statements.clear()
  }

  #add(statement: CachedStatement): void {
    const other = this.#statements.get(statement.sql)
    if (other) this.drop(other)
    while (this.#statements.size >= this.capacity) this.#evictOne()
    this.#statements.set(statement.sql, statement)
  }

  /** Goes round in order of age; a statement used since the last look goes to the back once. */
  #evictOne(): void {
    for (const [sql, statement] of this.#statements) {
      this.#statements.delete(sql)
      if (!statement.usedSinceLook) {
        statement.native = undefined
        return
      }
      statement.usedSinceLook = false
      this.#statements.set(sql, statement)
    }
  }
}
