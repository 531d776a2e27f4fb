import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { Connection } from '../../src/sqlite/connection.js'
import { openDatabase } from '../../src/sqlite/database.js'
import { toyPath } from './open-toy-store.js'
import { TOY_MIGRATIONS } from './toy-module.mjs'

/** A write connection on a new file with an empty table of toys, closed after the test. */
export const openToyConnection = (path: string = toyPath()): Connection => {
  const connection = openDatabase({ path, role: 'writer', create: true })
  onTestFinished(() => connection.close())
  connection.exec(readFileSync(join(TOY_MIGRATIONS, '0000_toys.sql'), 'utf8'))
  connection.exec('CREATE TABLE store_properties (name TEXT PRIMARY KEY, value TEXT NOT NULL)')
  return connection
}

/** The ids of all toys, oldest first, as the connection sees them. */
export const toyIds = (connection: Connection): string[] =>
  connection
    .prepare('SELECT id FROM toys ORDER BY seq')
    .all()
    .map(({ id }) => String(id))
