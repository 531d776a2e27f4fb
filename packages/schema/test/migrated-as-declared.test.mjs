import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadEngines } from '../scripts/engines.mjs'
import { statementsFromNothing } from '../scripts/generate.mjs'
import { catalogOf } from './support/catalog.js'
import { migrationStatements } from './support/migration.js'
import { plainWriter, postgresDatabase } from './support/postgres.js'
import { sqliteFiles } from './support/sqlite.js'

const engines = await loadEngines(join(import.meta.dirname, '../dist'))

const declared = (name) => {
  const engine = engines.find((one) => one.name === name)
  if (!engine) throw new Error(`no engine ${name}`)
  return statementsFromNothing(engine)
}

const openSqlite = sqliteFiles({ asTheStoreDoes: true })
const postgres = postgresDatabase()

const openWith = async (engine, statements) => {
  if (engine === 'sqlite') return openSqlite(statements)
  const db = plainWriter(await postgres.empty())
  for (const statement of statements) await db.exec(statement)
  return db
}

const catalogFrom = async (engine, statements) => catalogOf(await openWith(engine, statements))

describe.each(['sqlite', 'postgres'])('a database migrated on %s', (engine) => {
  it('is the one that the schema declares: tables, indexes, checks, foreign keys, triggers', async () => {
    const migrated = await catalogFrom(engine, migrationStatements(engine))

    expect(Object.keys(migrated).length).toBeGreaterThan(60)
    expect(migrated).toEqual(await catalogFrom(engine, await declared(engine)))
  })

  it.each([
    ['a trigger', engine === 'sqlite' ? 'drop trigger tasks_guard_update' : 'drop trigger tasks_guard_update on tasks'],
    ['an index', 'drop index tasks_by_age'],
    ['a column', 'alter table processes drop column host'],
  ])('differs as soon as %s is missing', async (_, loss) => {
    const db = await openWith(engine, migrationStatements(engine))

    await db.exec(loss)

    expect(await catalogOf(db)).not.toEqual(await catalogFrom(engine, await declared(engine)))
  })
})
