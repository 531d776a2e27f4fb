import { onTestFinished } from 'vitest'
import type { Operation } from '../../src/operation.js'
import { sqlite as core } from '../../src/sqlite/core.js'
import type { Connection } from '../../src/sqlite/connection.js'
import { openDatabase } from '../../src/sqlite/database.js'
import { drizzleOver } from '../../src/sqlite/driver/drizzle.js'
import { migrationsFolder } from '../../src/sqlite/migration-files.js'
import { migrate } from '../../src/sqlite/migrator.js'
import { bindingOf } from '../../src/sqlite/module.js'

/** The store's tables in memory, empty: SQLite plans them without statistics, as in every file of ours. */
export const openSchema = (): Connection => {
  const connection = openDatabase({ path: ':memory:', role: 'writer', durability: 'none' })
  onTestFinished(() => connection.close())
  migrate(connection, { folder: migrationsFolder('sqlite'), storeId: 'plans', nowMs: 0 })
  return connection
}

/** What SQLite will do for each statement that an operation prepares, by the order of preparation. */
export const plansOf = <Args, Result>(connection: Connection, op: Operation<Args, Result>): readonly string[] => {
  const texts: string[] = []
  const db = drizzleOver({
    prepare: (text) => {
      texts.push(text)
      return connection.prepare(text)
    },
    transaction: (body) => body(),
  })
  const binding = bindingOf(core, op)
  binding.prepare(db)
  binding.prepareBatch?.(db)
  return texts.map((text) => planOf(connection, text))
}

const planOf = (connection: Connection, text: string): string =>
  connection
    .prepare(`EXPLAIN QUERY PLAN ${text}`)
    .all(...Array.from(text.matchAll(/\?/g), () => null))
    .map(({ detail }) => String(detail))
    .join('\n')
