import { closeSync, openSync, statSync, utimesSync } from 'node:fs'
import type { StoreWarning } from '../../store.js'
import { MEMORY } from '../location.js'

/** What the waiters for one write lock have last said. */
export interface WantMark {
  /** Changes whenever a waiter says anything. */
  readonly stamp: number
  /** When the one who is first in line came, UTC milliseconds; undefined when nobody is. */
  readonly firstCameMs: number | undefined
}

/** How waiters for the write lock say so, and how whoever has it sees that. None of these ever throws. */
export interface Want {
  /** Says that somebody waits, came at `cameMs`, and is first in line as far as he knows. */
  announce(cameMs: number): void
  /** Says that whoever was first in line waits no more. */
  leave(): void
  /** Undefined when nothing was ever said. */
  read(): WantMark | undefined
}

/** The file beside a database that says, across processes, that somebody waits for its write lock. */
export const wantPathOf = (databasePath: string): string => `${databasePath}-want`

/** Who is "first" when nobody waits: came after everybody who will ever come. */
const NOBODY_CAME_MS = 4_102_444_800_000 // the year 2100

/**
 * `<db>-want`: an empty file whose two times speak. `atime` is when the first in line came, `mtime` changes at every
 * word; one `utimes` (2 µs) sets both at once, one `stat` (4 µs) reads both, and nothing is ever opened.
 *
 * It stays where it is: deleting it while others use it would gain nothing. Its times are never compared with a clock,
 * only with what they were a moment ago. So what a killed process left means nothing until somebody speaks anew, and a
 * wall clock that is set, forwards or back, neither hides a waiter nor makes one up.
 *
 * It is a convenience. Where it can't be made or touched (a folder that can't be written, a file of another user),
 * waiters just poll, and a person is told once.
 */
class WantFile implements Want {
  readonly #path: string
  #hasFailed = false

  constructor(
    private readonly databasePath: string,
    private readonly onWarning: (warning: StoreWarning) => void,
  ) {
    this.#path = wantPathOf(databasePath)
  }

  announce(cameMs: number): void {
    try {
      utimesSync(this.#path, cameMs / 1_000, Date.now() / 1_000)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') this.#make()
      else this.#report(error)
    }
  }

  leave(): void {
    this.announce(NOBODY_CAME_MS)
  }

  read(): WantMark | undefined {
    try {
      const times = statSync(this.#path, { throwIfNoEntry: false })
      if (!times) return undefined
      // Seconds as a double, cut to nanoseconds, come back a little short of the millisecond.
      const cameMs = Math.round(times.atimeMs)
      return { stamp: times.mtimeMs, firstCameMs: cameMs === NOBODY_CAME_MS ? undefined : cameMs }
    } catch (error) {
      this.#report(error)
      return undefined
    }
  }

  /** By now, by whoever needs it: the next word sets its times. */
  #make(): void {
    try {
      // Appending, so that two who make it at once make one, and a file of somebody else's under this name keeps its bytes.
      // It is for the same people as the database.
      closeSync(openSync(this.#path, 'a', statSync(this.databasePath).mode & 0o666))
    } catch (error) {
      this.#report(error)
    }
  }

  #report(error: unknown): void {
    if (this.#hasFailed) return
    this.#hasFailed = true
    const reason = error instanceof Error ? error.message : String(error)
    this.onWarning({
      code: 'lock.want_failed',
      message: `waiters for the write lock can't say so in ${this.#path}, and only poll: ${reason}`,
      details: { path: this.#path, reason },
    })
  }
}

/** Where nobody else can wait: a database in memory has one connection. */
export const NOBODY_WAITS: Want = { announce: () => {}, leave: () => {}, read: () => undefined }

/** @param onWarning  Told once when the file can't be used; by default nobody is. */
export const wantOf = (databasePath: string, onWarning: (warning: StoreWarning) => void = () => {}): Want =>
  databasePath === MEMORY ? NOBODY_WAITS : new WantFile(databasePath, onWarning)
