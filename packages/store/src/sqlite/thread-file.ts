import type { DurabilityLevel } from '@holdfast/schema'
import type { Connection } from './connection.js'
import { openDatabase } from './database.js'
import type { SqliteDriver } from './driver/names.js'

/** What a thread must know to open the file that its opener has checked. */
export interface ThreadFile {
  readonly path: string
  readonly durability: DurabilityLevel
  readonly driver: SqliteDriver
  /** Where the opener's SQLite library lives: two copies in one process don't exclude each other. */
  readonly copy: string
}

export const threadFileOf = ({ path, durability, driver, copy }: Connection): ThreadFile => ({
  path,
  durability,
  driver,
  copy,
})

/** @param holdsWriteLock  What a checkpointer must be told: see `openDatabase`. */
export const openThreadFile = (
  file: ThreadFile,
  role: Connection['role'],
  holdsWriteLock?: () => boolean,
): Connection => openDatabase({ ...file, role, create: false, checked: true, holdsWriteLock })
