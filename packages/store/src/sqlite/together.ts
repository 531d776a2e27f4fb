import type { SqliteDatabase } from './connection.js'
import { isGroupFatal } from './database-errors.js'

/** Thrown through a savepoint, to have it undone. */
const NOT_TOGETHER = new Error('one of the batch has to be looked at alone')

/**
 * Runs one statement for a whole batch: its fixed costs, and the copies of the pages that it may have to undo, are then
 * paid once.
 *
 * @param statement False when one of the batch needs an answer of its own.
 * @returns False, and nothing is left of it, also when the database refused one of the batch. What may have hurt the
 * whole transaction is thrown on.
 */
export const together = (db: SqliteDatabase, statement: () => boolean): boolean => {
  try {
    db.transaction(() => {
      if (!statement()) throw NOT_TOGETHER
    })
    return true
  } catch (error) {
    if (isGroupFatal(error)) throw error
    return false
  }
}
