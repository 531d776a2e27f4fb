/** SQLite's primary result codes by name. better-sqlite3 tells the name of a failure and not its number. */
const PRIMARY: ReadonlyMap<string, number> = new Map([
  ['ERROR', 1],
  ['INTERNAL', 2],
  ['PERM', 3],
  ['ABORT', 4],
  ['BUSY', 5],
  ['LOCKED', 6],
  ['NOMEM', 7],
  ['READONLY', 8],
  ['INTERRUPT', 9],
  ['IOERR', 10],
  ['CORRUPT', 11],
  ['NOTFOUND', 12],
  ['FULL', 13],
  ['CANTOPEN', 14],
  ['PROTOCOL', 15],
  ['EMPTY', 16],
  ['SCHEMA', 17],
  ['TOOBIG', 18],
  ['CONSTRAINT', 19],
  ['MISMATCH', 20],
  ['MISUSE', 21],
  ['NOLFS', 22],
  ['AUTH', 23],
  ['FORMAT', 24],
  ['RANGE', 25],
  ['NOTADB', 26],
])

/** The extended codes that are told apart. Of every other the primary code is enough. */
const CONSTRAINTS: ReadonlyMap<string, number> = new Map([
  ['SQLITE_CONSTRAINT_CHECK', 275],
  ['SQLITE_CONSTRAINT_FOREIGNKEY', 787],
  ['SQLITE_CONSTRAINT_NOTNULL', 1299],
  ['SQLITE_CONSTRAINT_PRIMARYKEY', 1555],
  ['SQLITE_CONSTRAINT_TRIGGER', 1811],
  ['SQLITE_CONSTRAINT_UNIQUE', 2067],
  ['SQLITE_CONSTRAINT_ROWID', 2579],
  ['SQLITE_CONSTRAINT_DATATYPE', 3091],
])

/**
 * The number of a result code's name: the extended one of a constraint, else the primary one.
 *
 * @returns `undefined` for what is no name of SQLite's, such as `ENOENT`.
 * @see https://www.sqlite.org/rescode.html
 */
export const resultCodeOf = (name: unknown): number | undefined => {
  if (typeof name !== 'string') return undefined
  // What it has no name for it gives as a number.
  const unknown = /^UNKNOWN_SQLITE_ERROR_(\d+)$/.exec(name)
  if (unknown) return Number(unknown[1])
  const primary = /^SQLITE_([A-Z]+)/.exec(name)?.[1]
  return CONSTRAINTS.get(name) ?? PRIMARY.get(primary ?? '')
}
