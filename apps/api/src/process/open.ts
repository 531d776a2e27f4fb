import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { loadConfig, resolveSettings, TaskRegistry, type EngineStore } from '@holdfast/engine'
import { sqlite as memoryModule } from '@holdfast/memory/sqlite'
import { repositories, type StoreWarning } from '@holdfast/store'
import { openStore, sqlite, type SqliteModule } from '@holdfast/store/sqlite'
import type { ApiSettings } from './api-settings.js'

/** What `holdfast.config` says to an API. */
export interface ApiConfig {
  /** The task types that may be submitted. */
  readonly registry: TaskRegistry
  /** What they need of the store. */
  readonly modules: readonly SqliteModule[]
  /** The file: the environment's, else the config's, else the default. */
  readonly databasePath: string
}

/**
 * Loads the config file. Where none was named and none is there, no task can be submitted, and everything else works.
 *
 * @throws {ConfigNotFoundError} `config.not_found`; `config.invalid`
 */
export const loadApiConfig = async (settings: ApiSettings): Promise<ApiConfig> => {
  const { configPath, isConfigNamed, isDatabaseNamed, databasePath } = settings
  if (!isConfigNamed && !(await isThere(configPath))) {
    return { registry: new TaskRegistry([]), modules: [], databasePath }
  }
  const { registry, modules, database, path } = await loadConfig(configPath)
  return {
    registry,
    modules: modules.map((module) => module.sqlite),
    databasePath: isDatabaseNamed || database === undefined ? databasePath : locate(database, path),
  }
}

/** Opens the store for the one tenant that this API serves. The memory is always in: it is what search reads. */
export const openApiStore = async (
  { durability, tenant }: ApiSettings,
  { databasePath, modules }: ApiConfig,
  onWarning: (warning: StoreWarning) => void,
): Promise<EngineStore> => {
  const store = await openStore({
    path: databasePath,
    modules: byName([sqlite, memoryModule, ...modules]),
    ...(durability === undefined ? {} : { durability }),
    onWarning,
  })
  return Object.assign(store, repositories(store, { tenant, processId: store.info().processId }))
}

/** A database as a config file names it: relative to that file, read as the environment's variable is. */
const locate = (database: string, configPath: string): string =>
  resolveSettings({ HOLDFAST_DATABASE_URL: database }, dirname(configPath)).databasePath

/** The same package may be named by the config and be brought by us. */
const byName = (modules: readonly SqliteModule[]): readonly SqliteModule[] => [
  ...new Map(modules.map((module) => [module.name, module])).values(),
]

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false, // a file that is there and can't be read is told by whoever reads it
  )
