import { getTableColumns } from 'drizzle-orm'
import { getTableConfig as postgresConfig } from 'drizzle-orm/pg-core'
import { getTableConfig as sqliteConfig, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { describe, expect, it } from 'vitest'
import * as postgres from '../src/postgres/index.js'
import { REFUSAL_CODES } from '../src/refusal-code.js'
import * as sqlite from '../src/sqlite/index.js'
import { guards } from '../src/triggers/guards.js'
import { columnsExcept } from '../src/triggers/rule.js'

const TABLES = [
  'tasks',
  'workItems',
  'workItemStreams',
  'checkpoints',
  'checkpointVerifications',
  'idempotencyKeys',
  'events',
  'processes',
  'retentionPermits',
  'schemaMigrations',
  'schemaVersions',
  'storeProperties',
  'documents',
  'sections',
] as const

/** What one engine has and the other doesn't need. */
const POSTGRES_ALONE = ['search', 'sections_search']

const namesIn = (all: readonly { readonly name?: string | undefined }[]): (string | undefined)[] =>
  all.map(({ name }) => name).filter((name) => !POSTGRES_ALONE.includes(name ?? ''))

describe('the two engines', () => {
  it.each(TABLES)('have the same %s: columns, constraints, indexes', (name) => {
    const [here, there] = [sqliteConfig(sqlite[name]), postgresConfig(postgres[name])]
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

    expect(columns(postgres[name])).toEqual(columns(sqlite[name]))
    expect(there.name).toBe(here.name)
    expect(namesIn(there.checks)).toEqual(namesIn(here.checks))
    expect(namesIn(there.indexes.map(({ config }) => ({ name: config.name })))).toEqual(
      namesIn(here.indexes.map(({ config }) => config)),
    )
    expect(there.indexes.filter(({ config }) => !POSTGRES_ALONE.includes(config.name ?? '')).map(({ config }) => [config.unique, config.where !== undefined])).toEqual(
      here.indexes.map(({ config }) => [config.unique, config.where !== undefined]),
    )
    expect(there.foreignKeys.map(({ onDelete }) => onDelete)).toEqual(here.foreignKeys.map(({ onDelete }) => onDelete))
  })

  it('have the same triggers, the full text’s apart', () => {
    const shared = sqlite.sqliteTriggers.filter(({ name }) => !name.startsWith('sections_fts'))

    expect(postgres.postgresTriggers.map(({ name }) => name)).toEqual(shared.map(({ name }) => name))
  })

  it.each(REFUSAL_CODES.filter((code) => code !== 'section.exists'))('both refuse with %s', (code) => {
    for (const triggers of [sqlite.sqliteTriggers, postgres.postgresTriggers])
      expect(triggers.some(({ create }) => create.join().includes(`'${code}'`))).toBe(true)
  })
})

describe('a new column', () => {
  it('is frozen until somebody frees it', () => {
    const table = sqliteTable('t', { seq: integer('seq'), note: text('note'), addedLater: text('added_later') })

    expect(columnsExcept(table, ['note'])).toEqual(['seq', 'added_later'])
  })

  it.each(['work_items', 'checkpoints', 'idempotency_keys'] as const)(
    'of %s is among those that a finished row is compared by',
    (table) => {
      const rule = guards.find((guard) => guard.table === table && guard.event === 'update')?.rules[0]
      const name = { work_items: 'workItems', checkpoints: 'checkpoints', idempotency_keys: 'idempotencyKeys' } as const

      for (const column of Object.values(getTableColumns(sqlite[name[table]])))
        expect(rule?.when).toContain(`OLD.${column.name} is `)
    },
  )
})
