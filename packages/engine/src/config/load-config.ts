import { StoreError } from '@holdfast/store'
import { createJiti } from 'jiti'
import { stat } from 'node:fs/promises'
import { dirname, extname } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ConfigInvalidError, ConfigNotFoundError } from '../errors.js'
import { isTaskDefinition, type AnyTaskDefinition } from '../task-definition.js'
import { TaskRegistry } from '../task-registry.js'
import { checkConfig } from './check-config.js'
import type { Config, ConfigModule, ConfigRetention } from './define-config.js'
import { findModules } from './find-files.js'

/** A config file with everything that it names. */
export interface LoadedConfig {
  readonly path: string
  readonly database: string | undefined
  readonly registry: TaskRegistry
  readonly queues: readonly string[] | undefined
  readonly concurrency: number | undefined
  readonly tenants: readonly string[] | undefined
  readonly retention: ConfigRetention | false | undefined
  readonly modules: readonly ConfigModule[]
}

/**
 * Loads a config file, TypeScript or JavaScript, and every task module that it names.
 *
 * @param path Absolute.
 * @throws {ConfigNotFoundError} `config.not_found`: the file, or a module that it names, isn't there.
 * @throws {ConfigInvalidError} `config.invalid`: a file can't be run, or says what can't be meant. It names the file.
 */
export const loadConfig = async (path: string): Promise<LoadedConfig> => {
  const load = loader(path)
  const config = await readWith(load, path)
  const definitions = await Promise.all(config.tasks.map((task) => definitionsOf(task, path, load)))
  return {
    path,
    database: config.database,
    registry: registryOf(definitions.flat(), path),
    queues: config.queues,
    concurrency: config.concurrency,
    tenants: config.tenants,
    retention: config.retention,
    modules: config.modules ?? [],
  }
}

/** Reads the config file alone: what its globs and paths name is not loaded. The same errors. */
export const readConfig = (path: string): Promise<Config> => readWith(loader(path), path)

const readWith = async (load: Load, path: string): Promise<Config> => {
  const isThere = await stat(path).then(
    (stats) => stats.isFile(),
    () => false,
  )
  if (!isThere) throw new ConfigNotFoundError(`there is no config file at ${path}`, { path })
  return checkConfig((await load(path)).default, path)
}

type Load = (path: string) => Promise<{ readonly default?: unknown }>

const loader = (configPath: string): Load => {
  const jiti = createJiti(pathToFileURL(configPath).href, { interopDefault: false })
  return async (path) => {
    try {
      // Node runs JavaScript itself; TypeScript needs help on Node 20.
      const loaded: unknown = /\.[cm]?ts$/.test(extname(path))
        ? await jiti.import(path)
        : await import(pathToFileURL(path).href)
      return loaded as { readonly default?: unknown } // a module's namespace
    } catch (cause) {
      if (cause instanceof StoreError) throw cause
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw new ConfigInvalidError(`${path} can't be loaded: ${reason}`, { path }, { cause })
    }
  }
}

const definitionsOf = async (
  task: Config['tasks'][number],
  configPath: string,
  load: Load,
): Promise<readonly AnyTaskDefinition[]> => {
  if (typeof task !== 'string') return [task]
  const paths = await findModules(task, dirname(configPath))
  const found = await Promise.all(
    paths.map(async (path) => {
      const definitions = Object.values(await load(path)).filter(isTaskDefinition)
      // A helper module beside the tasks of a glob is fine; a module named by its path is there for its tasks.
      if (definitions.length === 0 && !task.includes('*'))
        throw new ConfigInvalidError(`${path} exports no task definition`, { path })
      return definitions
    }),
  )
  return found.flat()
}

const registryOf = (definitions: readonly AnyTaskDefinition[], path: string): TaskRegistry => {
  try {
    return new TaskRegistry(definitions)
  } catch (cause) {
    throw new ConfigInvalidError(`${path}: ${(cause as Error).message}`, { path }, { cause })
  }
}
