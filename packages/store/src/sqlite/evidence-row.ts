import { checkpointVerifications, events, processes, storeProperties, workItemStreams } from '@holdfast/schema/sqlite'
import { getTableName, sql, type SQL } from 'drizzle-orm'
import { evidenceRowExists } from '../checkpoints.js'
import { granted, refused } from '../operation.js'
import { read, type SqliteBinding } from './module.js'
import { preparedRows } from './prepared.js'

const p = sql.placeholder

/** A name that the file itself has told us, as an identifier. */
const quoted = (name: string): SQL => sql.raw(`"${name.replaceAll('"', '""')}"`)

// IS, not =: NULL is a value like any other here.
const equalities = (values: { readonly [column: string]: string | number | null }): readonly SQL[] =>
  Object.entries(values).map(([column, value]) => sql`${quoted(column)} is ${value}`)

const all = (conditions: readonly SQL[]): SQL =>
  conditions.length === 0 ? sql`true` : sql.join([...conditions], sql` and `)

/** Rows of all tenants, in tables that don't say whose each is. The full-text index and what it is made of are others. */
const OF_ALL_TENANTS: ReadonlySet<string> = new Set(
  [events, workItemStreams, checkpointVerifications, processes, storeProperties].map((table) => getTableName(table)),
)

const isShared = (table: string): boolean => OF_ALL_TENANTS.has(table) || /^(?:sqlite|sections_fts)(?:_|$)/.test(table)

/**
 * Table and columns are looked up in the file before they become part of a statement, and values are always bound.
 * A table that has a column `tenant` shows only the asking tenant's rows; tables of ours in which
 * tenants' rows stand unmarked are not shown at all.
 */
export const evidenceRowOnSqlite: SqliteBinding = read(evidenceRowExists, (db) => {
  const columnsOf = preparedRows<{ name: string }>(
    db,
    sql`select known.name from sqlite_schema as found, pragma_table_info(found.name) as known
        where found.type = 'table' and found.name = ${p('table')}`,
  )
  return ({ tenant, table, match, values }) => {
    const columns = new Set(columnsOf({ table }).map(({ name }) => name))
    if (columns.size === 0 || isShared(table))
      return refused('input.invalid', 'evidence names a table that the file does not have', { table })
    const unknown = [...Object.keys(match), ...Object.keys(values)].find((column) => !columns.has(column))
    if (unknown !== undefined)
      return refused('input.invalid', `evidence names a column that ${table} does not have`, { table, column: unknown })

    const wanted = all([...(columns.has('tenant') ? [sql`tenant = ${tenant}`] : []), ...equalities(match)])
    const [found] = preparedRows<{ exists: number; matches: number }>(
      db,
      sql`select exists (select 1 from ${quoted(table)} where ${wanted}) as "exists",
                 exists (select 1 from ${quoted(table)} where ${wanted} and ${all(equalities(values))}) as "matches"`,
    )()
    return granted({ exists: found?.exists === 1, matches: found?.matches === 1 })
  }
})
