import { getTableColumns, getTableName } from 'drizzle-orm'
import { getTableConfig as postgresConfig } from 'drizzle-orm/pg-core'
import { getTableConfig as sqliteConfig, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { describe, expect, it } from 'vitest'
import * as postgres from '../src/postgres/index.js'
import { REFUSAL_CODES } from '../src/refusal-code.js'
import * as sqlite from '../src/sqlite/index.js'
import { guards } from '../src/triggers/guards.js'
import { columnsExcept } from '../src/triggers/rule.js'

/** The same table, as each engine has it. */
const TABLES = [
  [sqlite.tasks, postgres.tasks],
  [sqlite.workItems, postgres.workItems],
  [sqlite.workItemStreams, postgres.workItemStreams],
  [sqlite.checkpoints, postgres.checkpoints],
  [sqlite.checkpointVerifications, postgres.checkpointVerifications],
  [sqlite.idempotencyKeys, postgres.idempotencyKeys],
  [sqlite.events, postgres.events],
  [sqlite.processes, postgres.processes],
  [sqlite.retentionPermits, postgres.retentionPermits],
  [sqlite.schemaMigrations, postgres.schemaMigrations],
  [sqlite.schemaVersions, postgres.schemaVersions],
  [sqlite.storeProperties, postgres.storeProperties],
  [sqlite.documents, postgres.documents],
  [sqlite.sections, postgres.sections],
] as const

/** What one engine has and the other doesn't need. */
const POSTGRES_ALONE = ['search', 'sections_search']

const namesIn = (all: readonly { readonly name?: string | undefined }[]): (string | undefined)[] =>
  all.map(({ name }) => name).filter((name) => !POSTGRES_ALONE.includes(name ?? ''))

describe('the two engines', () => {
  const named = TABLES.map(([here, there]) => [getTableName(here), here, there] as const)

  it.each(named)('have the same %s: columns, constraints, indexes', (_, sqliteTableOf, postgresTableOf) => {
    const [here, there] = [sqliteConfig(sqliteTableOf), postgresConfig(postgresTableOf)]
    const columns = (table: Parameters<typeof getTableColumns>[0]) =>
      Object.entries(getTableColumns(table))
        .filter(([key]) => !POSTGRES_ALONE.includes(key))
        .map(([key, column]) => ({
          key,
          name: column.name,
          notNull: column.notNull,
          dataType: column.dataType,
          primary: column.primary,
          values: column.enumValues,
        }))

    expect(columns(postgresTableOf)).toEqual(columns(sqliteTableOf))
    expect(there.name).toBe(here.name)
    expect(namesIn(there.checks)).toEqual(namesIn(here.checks))
    expect(namesIn(there.indexes.map(({ config }) => ({ name: config.name })))).toEqual(
      namesIn(here.indexes.map(({ config }) => config)),
    )
    expect(
      there.indexes
        .filter(({ config }) => !POSTGRES_ALONE.includes(config.name ?? ''))
        .map(({ config }) => [config.unique, config.where !== undefined]),
    ).toEqual(here.indexes.map(({ config }) => [config.unique, config.where !== undefined]))
    expect(there.foreignKeys.map(({ onDelete }) => onDelete)).toEqual(here.foreignKeys.map(({ onDelete }) => onDelete))
  })

  it('have the same triggers, but for full text on SQLite and TRUNCATE on PostgreSQL', () => {
    const here = sqlite.sqliteTriggers.map(({ name }) => name).filter((name) => !name.startsWith('sections_fts'))
    const there = postgres.postgresTriggers.map(({ name }) => name).filter((name) => !name.endsWith('_guard_truncate'))

    expect(there.sort()).toEqual(here.sort())
  })

  it.each(REFUSAL_CODES)('both refuse with %s', (code) => {
    for (const triggers of [sqlite.sqliteTriggers, postgres.postgresTriggers])
      expect(triggers.some(({ create }) => create.join().includes(`'${code}'`))).toBe(true)
  })
})

describe('a new column', () => {
  it('is frozen until somebody frees it', () => {
    const table = sqliteTable('t', { seq: integer('seq'), note: text('note'), addedLater: text('added_later') })

    expect(columnsExcept(table, ['note'])).toEqual(['seq', 'added_later'])
  })

  it.each(
    [sqlite.workItems, sqlite.checkpoints, sqlite.idempotencyKeys].map(
      (table) => [getTableName(table), table] as const,
    ),
  )('of %s is among those that a finished row is compared by', (name, table) => {
    const rule = guards.find((guard) => guard.table === name && guard.event === 'update')?.rules[0]

    for (const column of Object.values(getTableColumns(table))) expect(rule?.when).toContain(`OLD.${column.name} is `)
  })
})
