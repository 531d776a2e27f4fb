import { stat } from 'node:fs/promises'
import { loadConfig, TaskRegistry, type EngineStore, type LoadedConfig } from '@holdfast/engine'
import { openConfiguredStore } from '@holdfast/engine/app'
import { sqlite as memoryModule } from '@holdfast/memory/sqlite'
import type { StoreWarning } from '@holdfast/store'
import { sqlite } from '@holdfast/store/sqlite'
import type { ApiSettings } from './api-settings.js'

/**
 * Loads the config file. Where none was named and none is there, no task can be submitted, and everything else works.
 *
 * @throws {ConfigNotFoundError} `config.not_found`; `config.invalid`
 */
export const loadApiConfig = async ({ configPath, isConfigNamed }: ApiSettings): Promise<LoadedConfig> =>
  isConfigNamed || (await isThere(configPath)) ? loadConfig(configPath) : { ...NOTHING, path: configPath }

/** Opens the store for the one tenant that this API serves. The memory is always in: it is what search reads. */
export const openApiStore = (
  settings: ApiSettings,
  config: LoadedConfig,
  onWarning: (warning: StoreWarning) => void,
): Promise<EngineStore> =>
  openConfiguredStore({ settings, config, tenant: settings.tenant, modules: [sqlite, memoryModule], onWarning })

const NOTHING: Omit<LoadedConfig, 'path'> = {
  registry: new TaskRegistry([]),
  modules: [],
  database: undefined,
  queues: undefined,
  concurrency: undefined,
  tenants: undefined,
  retention: undefined,
}

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false, // a file that is there and can't be read is told by whoever reads it
  )
