import type { SqliteModule } from '@holdfast/store/sqlite'
import type { RetentionPolicy } from '../retention/retention.js'
import type { AnyTaskDefinition } from '../task-definition.js'

/** A package of operations of its own, such as memory: what the store needs to run them. */
export interface ConfigModule {
  readonly sqlite: SqliteModule
}

/** A {@link RetentionPolicy}, and what the sweep keeps of items that live. */
export interface ConfigRetention extends RetentionPolicy {
  /** Progress checkpoints kept per item. 100; null for all. */
  readonly keepCheckpoints?: number | null
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
  /** How long what has ended is kept, in milliseconds; null for ever. `false` deletes nothing. */
  readonly retention?: ConfigRetention | false
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
