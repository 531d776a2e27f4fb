import { StatementRefusedError, type StoreError } from '../../errors.js'

/** Literals, quoted names and comments: none of them can hold a command, a parameter or the end of a statement. */
const QUOTED = /'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/g

/** The text without what is quoted. */
const bare = (sql: string): string => sql.replace(QUOTED, ' ')

// Reading wal_autocheckpoint, and setting it to 0, is what the factory does.
const WAL_PRAGMA = /\bpragma\b[^;]*\b(?:wal_checkpoint\b|wal_autocheckpoint\s*[=(](?!\s*0\s*\)?\s*(?:;|$)))/i

const PASSIVE_CHECKPOINT = /\bpragma\s+(?:main\s*\.\s*)?wal_checkpoint\s*\(\s*passive\s*\)/gi

/**
 * Refuses a WAL checkpoint anywhere but on the checkpointer's connection, under the write lock.
 *
 * SQLite 3.45.1 has the WAL-reset race: a checkpoint beside another process's commit corrupted the file in 2 runs of
 * 2. The checkpointer runs it only while its process holds the write lock.
 *
 * @throws {StatementRefusedError} `store.statement_refused`
 */
export const refuseCheckpoint = (sql: string): void => {
  if (hasCheckpoint(sql))
    throw refusal('a WAL checkpoint runs on the checkpointer’s connection and under the write lock only')
}

/**
 * Refuses every WAL checkpoint but PASSIVE: where another one can't get its lock, it goes on without it.
 *
 * @throws {StatementRefusedError} `store.statement_refused`
 */
export const refuseUnsafeCheckpoint = (sql: string): void => {
  if (hasCheckpoint(sql) && hasCheckpoint(bare(sql).replace(PASSIVE_CHECKPOINT, ' ')))
    throw refusal('a WAL checkpoint is PASSIVE')
}

const hasCheckpoint = (sql: string): boolean => /wal_/i.test(sql) && WAL_PRAGMA.test(bare(sql))

const refusal = (message: string): StoreError => new StatementRefusedError(message, { statement: 'wal_checkpoint' })

/** What the facade knows of a statement before it is prepared. */
export interface StatementText {
  /** How many values it takes, all of them `?`. */
  readonly parameters: number
  /** It changes rows, so it must not meet a lock on its own (see `facade.ts`). */
  readonly writes: boolean
}

const WRITES =
  /^\s*(?:insert|update|delete|replace|create|drop|alter|reindex|analyze)\b|^\s*with\b[\s\S]*\b(?:insert\s+into|update|delete\s+from|replace\s+into)\b/i
const NAMED = /[:@$][a-z_]|\?\d/i
const SEVERAL = /;\s*\S/

/**
 * Reads off a statement what the libraries don't say.
 *
 * @throws {StatementRefusedError} `store.statement_refused`: named or numbered parameters (a missing one is silently
 * NULL), or a second statement (it would silently not run).
 */
export const readStatement = (sql: string): StatementText => {
  const text = bare(sql)
  if (NAMED.test(text))
    throw new StatementRefusedError('parameters are written ? and given in order: a missing named one would be NULL', {
      statement: sql,
    })
  if (SEVERAL.test(text) && !/^\s*create\s+(?:temp(?:orary)?\s+)?trigger\b/i.test(text))
    throw new StatementRefusedError('prepare takes one statement; exec takes several', { statement: sql })
  return { parameters: text.split('?').length - 1, writes: WRITES.test(text) }
}
