import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { withTableOptions } from './table-options.mjs'

// The ESM build of drizzle-kit's api calls require().
const kit = createRequire(import.meta.url)('drizzle-kit/api')

/** drizzle-kit looks at every export it is given: only tables are its business. */
const tablesOf = (module) =>
  Object.fromEntries(Object.entries(module).filter(([, value]) => value?.[Symbol.for('drizzle:IsDrizzleTable')]))

const isRebuild = (statement) => /^ALTER TABLE `__new_\w+` RENAME TO/.test(statement)

/**
 * The two databases, as this script sees them.
 *
 * @param built  Folder of a built schema package.
 */
export const loadEngines = async (built) => {
  const load = (path) => import(pathToFileURL(join(built, path)).href)
  const [sqlite, postgres] = await Promise.all([load('sqlite/index.js'), load('postgres/index.js')])
  return [
    {
      name: 'sqlite',
      dialect: 'sqlite',
      tables: tablesOf(sqlite),
      objects: sqlite.sqliteObjects,
      tableOptions: sqlite.sqliteTableOptions,
      snapshot: (tables) => kit.generateSQLiteDrizzleJson(tables),
      migrate: (before, after) => kit.generateSQLiteMigration(before, after),
      finish: (statements) => withTableOptions(statements, sqlite.sqliteTableOptions),
      // A rebuilt table takes its triggers down in silence, and its new name is refused while a trigger of another
      // table still speaks of the old one.
      rebuilds: (statements) => statements.some(isRebuild),
    },
    {
      name: 'postgres',
      dialect: 'postgresql',
      tables: tablesOf(postgres),
      objects: postgres.postgresObjects,
      tableOptions: {},
      snapshot: async (tables) => kit.generateDrizzleJson(tables),
      migrate: (before, after) => kit.generateMigration(before, after),
      finish: (statements) => statements,
      rebuilds: () => false,
    },
  ]
}
