/** What is known to be wrong with the SQLite that runs, and how a user of the file stays clear of it. */
export interface KnownDefect {
  /** Stable. */
  readonly code: 'sqlite.wal_reset_race'
  readonly message: string
  readonly fix: string
}

/** From `first` on, and mended in `mended`. */
interface Range {
  readonly first: string
  readonly mended: string
}

/** @see https://www.sqlite.org/releaselog/3_51_3.html */
const WAL_RESET_RACE: Range = { first: '3.7.0', mended: '3.51.3' }

/**
 * The defects of this version of SQLite that matter to a store; none for most. The store itself avoids each of them:
 * they are for who writes to the file by other means.
 *
 * - `sqlite.wal_reset_race`: a checkpoint that runs while another connection commits can damage the file. The store's own
 *   run only under the write lock, which excludes it.
 */
export const knownDefects = (sqliteVersion: string): readonly KnownDefect[] =>
  isWithin(WAL_RESET_RACE, sqliteVersion)
    ? [
        {
          code: 'sqlite.wal_reset_race',
          message:
            `SQLite ${sqliteVersion} can damage a file when a checkpoint runs beside a commit ` +
            `(${WAL_RESET_RACE.first} to 3.51.2); Holdfast's own checkpoints run under the write lock, where none can`,
          fix: `let no other program write to this file, unless it sets wal_autocheckpoint=0 or has SQLite ${WAL_RESET_RACE.mended} or later`,
        },
      ]
    : []

const isWithin = ({ first, mended }: Range, version: string): boolean =>
  compare(version, first) >= 0 && compare(version, mended) < 0

const compare = (a: string, b: string): number => {
  const [left, right] = [a, b].map((version) => version.split('.').map(Number)) as [number[], number[]]
  for (const [i, part] of left.entries()) {
    const difference = part - (right[i] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
