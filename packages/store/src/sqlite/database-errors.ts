import { REFUSAL_CODES, type RefusalCode } from '@holdfast/schema'
import {
  ConstraintError,
  DiskFullError,
  InvariantError,
  NotADatabaseError,
  PayloadTooLargeError,
  StoreBusyError,
  StoreCorruptError,
  StoreError,
  StoreInterruptedError,
  StoreIoError,
  StoreReadOnlyError,
  errorOf,
} from '../errors.js'
import { resultCodeOf } from './driver/result-name.js'

/** SQLite's primary result codes that we tell apart. The upper bytes of a raw code say more, and differ by version. */
const SQLITE = {
  ERROR: 1,
  PERM: 3,
  BUSY: 5,
  LOCKED: 6,
  NOMEM: 7,
  READONLY: 8,
  INTERRUPT: 9,
  IOERR: 10,
  CORRUPT: 11,
  FULL: 13,
  CANTOPEN: 14,
  PROTOCOL: 15,
  CONSTRAINT: 19,
  MISMATCH: 20,
  TOOBIG: 18,
  AUTH: 23,
  NOTADB: 26,
} as const

/** The file's head asks for a format that this SQLite doesn't know: a much newer one, or a damaged head. */
const UNKNOWN_FORMAT = 'unsupported file format'

/** Extended codes of SQLITE_CONSTRAINT, by the rule that was broken. */
const CONSTRAINT_KINDS: ReadonlyMap<number, string> = new Map([
  [275, 'check'],
  [787, 'foreign_key'],
  [1299, 'not_null'],
  [1555, 'primary_key'],
  [1811, 'trigger'],
  [2067, 'unique'],
  [2579, 'primary_key'], // a rowid that exists
  [3091, 'type'], // a STRICT table; libsql calls it UNKNOWN
])

interface SqliteFailure {
  readonly rawCode: number
  readonly message: string
}

const isNumber = (value: unknown): value is number => typeof value === 'number'

/**
 * The database's own error inside `error`: drizzle wraps it, and so do we. libsql says `rawCode`, node:sqlite `errcode`,
 * better-sqlite3 only the name of the code.
 */
export const sqliteFailureOf = (error: unknown): SqliteFailure | undefined => {
  let link: unknown = error
  for (let depth = 0; depth < 10 && link instanceof Error; depth += 1) {
    const { rawCode, errcode, code: name } = link as { rawCode?: unknown; errcode?: unknown; code?: unknown }
    const code = isNumber(rawCode) ? rawCode : isNumber(errcode) ? errcode : resultCodeOf(name)
    if (isNumber(code)) return { rawCode: code, message: link.message }
    link = link.cause
  }
  return undefined
}

const storeErrorOf = (error: unknown): StoreError | undefined => {
  let link: unknown = error
  for (let depth = 0; depth < 10 && link instanceof Error; depth += 1) {
    if (link instanceof StoreError) return link
    link = link.cause
  }
  return undefined
}

const primaryCodeOf = (error: unknown): number | undefined => {
  const failure = sqliteFailureOf(error)
  return failure && failure.rawCode & 255
}

/** Somebody else holds the lock: nothing was changed, and the same call may work in a moment. */
export const isBusy = (error: unknown): boolean => {
  const code = primaryCodeOf(error)
  return code === SQLITE.BUSY || code === SQLITE.LOCKED || code === SQLITE.PROTOCOL
}

const GROUP_FATAL: ReadonlySet<number> = new Set([
  SQLITE.NOMEM,
  SQLITE.INTERRUPT,
  SQLITE.IOERR,
  SQLITE.CORRUPT,
  SQLITE.FULL,
])

/** The same failures as typed errors: what crossed a thread has lost its cause. */
const GROUP_FATAL_CODES: ReadonlySet<string> = new Set([
  DiskFullError.code,
  StoreIoError.code,
  StoreCorruptError.code,
  StoreInterruptedError.code,
])

/**
 * True when the failure says something about the whole transaction, not about its own statement: it may have been
 * rolled back, all of it (read `inTransaction`), so nothing of the group may be acknowledged.
 */
export const isGroupFatal = (error: unknown): boolean => {
  const code = primaryCodeOf(error)
  if (code !== undefined) return GROUP_FATAL.has(code)
  const known = storeErrorOf(error)
  return known !== undefined && GROUP_FATAL_CODES.has(known.code)
}

/** True when a trigger refused the statement with this code. The statement alone is undone. */
export const isRefusedAs = (error: unknown, code: RefusalCode): boolean => sqliteFailureOf(error)?.message === code

const refusalCodes: ReadonlySet<string> = new Set(REFUSAL_CODES)

const ofConstraint = (failure: SqliteFailure, cause: unknown): StoreError => {
  // A trigger's whole message is a refusal code; a CHECK's or a key's names what was broken.
  if (refusalCodes.has(failure.message)) {
    return errorOf(
      { code: failure.message, message: `the database refused it: ${failure.message}`, details: {} },
      { cause },
    )
  }
  const kind = CONSTRAINT_KINDS.get(failure.rawCode) ?? 'other'
  return new ConstraintError(failure.message, { kind, rawCode: failure.rawCode }, { cause })
}

const ofFailure = (failure: SqliteFailure, cause: unknown): StoreError => {
  const { message, rawCode } = failure
  const details = { rawCode }
  switch (rawCode & 255) {
    case SQLITE.BUSY:
    case SQLITE.LOCKED:
    case SQLITE.PROTOCOL:
      return new StoreBusyError(message, details, { cause })
    case SQLITE.CONSTRAINT:
      return ofConstraint(failure, cause)
    case SQLITE.MISMATCH:
      return new ConstraintError(message, { kind: 'type', rawCode }, { cause })
    case SQLITE.FULL:
      return new DiskFullError(message, details, { cause })
    case SQLITE.IOERR:
      return new StoreIoError(message, details, { cause })
    case SQLITE.CORRUPT:
      return new StoreCorruptError(message, details, { cause })
    case SQLITE.NOTADB:
      return new NotADatabaseError(message, details, { cause })
    case SQLITE.READONLY:
    case SQLITE.PERM:
    case SQLITE.AUTH:
    case SQLITE.CANTOPEN:
      return new StoreReadOnlyError(message, details, { cause })
    case SQLITE.TOOBIG:
      return new PayloadTooLargeError(message, details, { cause })
    case SQLITE.NOMEM:
    case SQLITE.INTERRUPT:
      return new StoreInterruptedError(message, details, { cause })
    case SQLITE.ERROR:
      if (message === UNKNOWN_FORMAT) return new NotADatabaseError(message, details, { cause })
      return new InvariantError(message, details, { cause })
    default:
      // No such table, a syntax error, misuse: what the statement's author must mend.
      return new InvariantError(message, details, { cause })
  }
}

/**
 * The typed error of anything that came out of a driver, a trigger or drizzle. A StoreError comes back as it is; what
 * no database said is a defect and becomes `store.invariant`.
 */
export const toStoreError = (error: unknown): StoreError => {
  const known = storeErrorOf(error)
  if (known) return known
  const failure = sqliteFailureOf(error)
  if (failure) return ofFailure(failure, error)
  const message = error instanceof Error ? error.message : String(error)
  return new InvariantError(message, {}, { cause: error })
}
