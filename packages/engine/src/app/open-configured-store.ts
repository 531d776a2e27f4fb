import type { StoreWarning } from '@holdfast/store'
import { openStore, type SqliteModule } from '@holdfast/store/sqlite'
import type { LoadedConfig } from '../config/load-config.js'
import type { Settings } from '../config/settings.js'
import type { EngineStore } from '../engine-store.js'
import { databasePath } from './configured-database.js'
import { isToBeMade } from './new-file.js'

export interface ConfiguredStoreOptions {
  readonly settings: Settings
  readonly config: LoadedConfig
  /** The repositories' own tenant. */
  readonly tenant?: string
  /** What the program itself needs, beside the config's modules. */
  readonly modules?: readonly SqliteModule[]
  /** Reader threads at most; each takes about 25 MB. The store's default unless said otherwise. */
  readonly readers?: number
  readonly onWarning?: (warning: StoreWarning) => void
}

/**
 * Opens the store that environment and config file name: the environment's database, else the config's (relative to
 * its file), else the default; with the modules of both. A file that isn't there is made; an empty one is refused.
 */
export const openConfiguredStore = async ({
  settings,
  config,
  tenant,
  modules = [],
  readers,
  onWarning,
}: ConfiguredStoreOptions): Promise<EngineStore> => {
  const path = databasePath(settings, config)
  return openStore({
    path,
    create: await isToBeMade(path),
    modules: byName([...modules, ...config.modules.map(({ sqlite }) => sqlite)]),
    ...(settings.durability === undefined ? {} : { durability: settings.durability }),
    ...(tenant === undefined ? {} : { tenant }),
    ...(readers === undefined ? {} : { readers }),
    ...(onWarning ? { onWarning } : {}),
  })
}

/** The same package may be named by the config and be brought by the program. */
const byName = (modules: readonly SqliteModule[]): readonly SqliteModule[] => [
  ...new Map(modules.map((module) => [module.name, module])).values(),
]
