import type { DurabilityLevel } from '@holdfast/schema'
import type { Clock } from '../clock.js'
import type { Ids } from '../ids.js'
import type { RepositoryOptions } from '../repositories/context.js'
import type { StoreWarning } from '../store.js'
import type { SqliteDriver } from './driver/names.js'
import type { StoreLimits } from './limits.js'
import type { SqliteModule } from './module.js'
import type { Timers } from './timers.js'

/** What `openStore` may be told. Only the name of the file is needed. */
export interface OpenStoreOptions extends Pick<RepositoryOptions, 'tenant' | 'codec'> {
  /** The database file, or `:memory:`. Give this or `url`. */
  readonly path?: string
  /** The same as a `file:` URL. */
  readonly url?: string
  /** Packages whose operations will be submitted beside the store's own, which are always there. */
  readonly modules?: readonly SqliteModule[]
  /**
   * `thread` (the default) keeps commits off the caller's event loop. `inline` runs them on it: always for `:memory:`,
   * and inside a bundle, where a thread can't find its modules.
   */
  readonly writer?: 'thread' | 'inline'
  /** Reader threads at most, opened when there is something to read; 0 reads in place. 2 unless the writer is inline. */
  readonly readers?: number
  /** Asked of the file: a file made at another level is refused. Nothing asks for the file's own. */
  readonly durability?: DurabilityLevel
  readonly driver?: SqliteDriver
  /** Whether a file that isn't there is made. True unless said otherwise. */
  readonly create?: boolean
  /** Migrations of packages with tables of their own: a folder for each, by the name of its scope. */
  readonly scopes?: Readonly<Record<string, string>>
  /** Where the store's own migrations lie, for a bundle, which has no files beside it. */
  readonly migrations?: string
  readonly limits?: Partial<StoreLimits> & RepositoryOptions['limits']
  readonly clock?: Clock
  readonly timers?: Timers
  readonly ids?: Ids
  /** Told what a person should know: a slow writer, a thread that died. Nothing was lost. */
  readonly onWarning?: (warning: StoreWarning) => void
}
