import { InvariantError } from '../../errors.js'
import type { Connection } from '../connection.js'
import { openDatabase } from '../database.js'
import type { SqliteDriver } from '../driver/names.js'
import { dropName } from '../durable-names.js'

/**
 * Opens a copy that nobody else knows of, and leaves it as one closed file: out of WAL, nothing beside it.
 *
 * The next writer that opens it puts it back into WAL.
 */
export const withPrivateFile = <Result>(
  path: string,
  driver: SqliteDriver | undefined,
  use: (connection: Connection) => Result,
): Result => {
  const connection = openDatabase({ path, driver, role: 'writer' })
  try {
    const result = use(connection)
    leaveWal(connection)
    return result
  } finally {
    connection.close()
  }
}

/** SQLite does this for the only connection alone, and copies everything into the file itself first. */
const leaveWal = (connection: Connection): void => {
  connection.exec('PRAGMA journal_mode = DELETE')
  const mode = connection.pragma('journal_mode')
  if (mode !== 'delete') throw new InvariantError(`a private copy stayed in journal mode ${mode}`)
}

/** Removes a copy and whatever may lie beside it. */
export const dropPrivateFile = (path: string): void => {
  for (const end of ['', '-wal', '-shm', '-journal', '-bell', '-want', '-ckpt']) dropName(`${path}${end}`)
}
