import type { SqliteDatabase } from '../connection.js'
import { sessionOf } from '../session.js'

const marked = new WeakSet<object>()

/**
 * Notes that the open transaction made work claimable, or due earlier. A note of one that is rolled back stays for the
 * next: a ring too many costs a look, one too few costs up to half a second.
 */
export const markWork = (db: SqliteDatabase): void => {
  marked.add(sessionOf(db))
}

/** Whether there is a note on this connection; it is taken away. Asked after COMMIT. */
export const takeWorkMark = (db: SqliteDatabase): boolean => marked.delete(sessionOf(db))
