import { loadConfig, TaskRegistry, type EngineStore, type LoadedConfig } from '@holdfast/engine'
import { sqlite as memoryModule } from '@holdfast/memory/sqlite'
import { repositories, type StoreWarning } from '@holdfast/store'
import { openStore, sqlite, type SqliteModule } from '@holdfast/store/sqlite'
import { stat } from 'node:fs/promises'
import type { ApiSettings } from './api-settings.js'

/** The task types of `holdfast.config`, and what they need of the store. */
export interface KnownTasks {
  readonly registry: TaskRegistry
  readonly modules: readonly SqliteModule[]
}

/**
 * Loads the config file. Where none was named and none is there, no task can be submitted, and everything else works.
 *
 * @throws {ConfigNotFoundError} `config.not_found`; `config.invalid`
 */
export const loadTasks = async ({ configPath, isConfigNamed }: ApiSettings): Promise<KnownTasks> => {
  const isOptional = !isConfigNamed && !(await isThere(configPath))
  const config: Pick<LoadedConfig, 'registry' | 'modules'> = isOptional
    ? { registry: new TaskRegistry([]), modules: [] }
    : await loadConfig(configPath)
  return { registry: config.registry, modules: config.modules.map((module) => module.sqlite) }
}

/** Opens the store for the one tenant that this API serves. The memory is always in: it is what search reads. */
export const openApiStore = async (
  { databasePath, durability, tenant }: ApiSettings,
  modules: readonly SqliteModule[],
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

/** The same package may be named by the config and be brought by us. */
const byName = (modules: readonly SqliteModule[]): readonly SqliteModule[] => [
  ...new Map(modules.map((module) => [module.name, module])).values(),
]

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false, // a file that is there and can't be read is told by whoever reads it
  )
