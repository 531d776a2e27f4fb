import type { SqliteModule } from '@holdfast/store/sqlite'
import type { AnyTaskDefinition } from '../task-definition.js'

/** A package of operations of its own, such as memory: what the store needs to run them. */
export interface ConfigModule {
  readonly sqlite: SqliteModule
}

/** What `holdfast.config.ts` says: how a user's tasks reach workers, API and command line. */
export interface Config {
  /** A path or `file:` URL; the environment's `HOLDFAST_DATABASE_URL` goes before it. */
  readonly database?: string
  /** Definitions, or paths and globs of modules that export them, relative to the config file. */
  readonly tasks: readonly (string | AnyTaskDefinition)[]
  /** Only these of the definitions' queues. */
  readonly queues?: readonly string[]
  readonly concurrency?: number
  readonly tenants?: readonly string[]
  /** Feature packages whose operations tasks use. Applications know none by name. */
  readonly modules?: readonly ConfigModule[]
}

/**
 * Types a config file.
 *
 * @example
 * export default defineConfig({ tasks: ['./tasks/*'] })
 */
export const defineConfig = (config: Config): Config => config
