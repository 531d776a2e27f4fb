import { MEMORY } from '../location.js'
import type { Connection } from '../connection.js'
import { openDatabase } from '../database.js'
import { migrationsFolder, readMigrations, type Migration } from '../migration-files.js'
import { CORE_SCOPE } from '../migrator.js'
import { readScope } from '../schema-record.js'
import type { Finding } from './finding.js'
import type { Look } from './look.js'

/** Told by name at most; the rest are counted. */
const MOST_NAMES = 5

/**
 * Compares the file's tables, indexes and triggers with those that its recorded migrations make: they are run once more,
 * in memory. The promises rest on the triggers, and a tool that rebuilds a table drops them without a word.
 */
export function* schemaDrift(
  { connection }: Pick<Look, 'connection'>,
  shipped: readonly Migration[] = readMigrations(migrationsFolder('sqlite')),
): Iterable<Finding> {
  const record = readScope(connection, CORE_SCOPE)
  if (record.version === 0) {
    yield {
      code: 'schema.none',
      severity: 'problem',
      message: 'this database holds no store: it has no schema of Holdfast',
      fix: 'check the path (HOLDFAST_DATABASE_URL, HOLDFAST_DATA_DIR, or `database` in holdfast.config)',
    }
    return
  }
  if (record.version > shipped.length) {
    yield {
      code: 'schema.ahead',
      severity: 'problem',
      message: `the schema is at version ${record.version}, and this Holdfast knows ${shipped.length}`,
      fix: 'a newer Holdfast made the file: npm install the version that runs it, and look with that one',
    }
    return
  }
  if (record.version < shipped.length)
    yield {
      code: 'schema.behind',
      severity: 'notice',
      message: `the schema is at version ${record.version}; this Holdfast brings it to ${shipped.length}`,
      fix: 'make a backup (holdfast backup <file>), then start the API or a worker: the first one migrates',
    }
  const changed = shipped.filter(({ hash }, index) => index < record.version && hash !== record.hashes[index])
  if (changed.length > 0) {
    yield {
      code: 'schema.migration_changed',
      severity: 'problem',
      message: `the file has had other migrations than this Holdfast ships: ${changed.map(({ name }) => name).join(', ')}`,
      fix: 'install the Holdfast that made the file; migrations never change once they are released',
    }
    return
  }
  yield* drift(objectsOf(connection), expected(shipped.slice(0, record.version)), hasOtherScopes(connection))
}

/** Objects of a schema: their SQL by type and name. */
type Objects = ReadonlyMap<string, string>

function* drift(found: Objects, wanted: Objects, isShared: boolean): Iterable<Finding> {
  const missing = [...wanted.keys()].filter((name) => !found.has(name))
  if (missing.length > 0)
    yield {
      code: 'schema.missing',
      severity: 'problem',
      message: `the file lacks ${listed(missing)}`,
      fix: 'somebody dropped them, and what they guarded is unguarded since: restore a backup, or run their CREATE statements again (drizzle/sqlite)',
    }
  const changed = [...wanted].filter(([name, sql]) => found.has(name) && found.get(name) !== sql).map(([name]) => name)
  if (changed.length > 0)
    yield {
      code: 'schema.changed',
      severity: 'problem',
      message: `the file's ${listed(changed)} read differently from what its migrations made`,
      fix: 'somebody altered them: restore a backup, or bring them back to their text in drizzle/sqlite',
    }
  // Another scope's tables are its own affair, and nobody here knows them.
  const foreign = isShared ? [] : [...found.keys()].filter((name) => !wanted.has(name))
  if (foreign.length > 0)
    yield {
      code: 'schema.foreign',
      severity: 'notice',
      message: `the file also holds ${listed(foreign)}`,
      fix: 'keep tables and triggers of your own in a file of their own, or record them as a scope (openStore({ scopes }))',
    }
}

/** SQLite's own tables, and those of a full-text index, are made by what is compared already. */
const OBJECTS = `
  SELECT type || ' ' || name AS name, sql FROM sqlite_schema
  WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'`

const objectsOf = (connection: Connection): Objects =>
  new Map(
    connection
      .prepare(OBJECTS)
      .all()
      .map(({ name, sql }) => [String(name), String(sql)]),
  )

const expected = (migrations: readonly Migration[]): Objects => {
  const memory = openDatabase({ path: MEMORY, role: 'writer', durability: 'none' })
  try {
    for (const { statements } of migrations) for (const statement of statements) memory.exec(statement)
    return objectsOf(memory)
  } finally {
    memory.close()
  }
}

const hasOtherScopes = (connection: Connection): boolean =>
  connection.prepare('SELECT 1 FROM schema_versions WHERE scope <> ?').get(CORE_SCOPE) !== undefined

const listed = (names: readonly string[]): string => {
  const more = names.length - MOST_NAMES
  return names.slice(0, MOST_NAMES).join(', ') + (more > 0 ? ` and ${more} more` : '')
}
