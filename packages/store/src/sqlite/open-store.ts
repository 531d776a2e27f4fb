import type { DurabilityLevel } from '@holdfast/schema'
import { type Clock, systemClock } from '../clock.js'
import { type Ids, uuidV7 } from '../ids.js'
import { repositories } from '../repositories/index.js'
import type { RepositoryOptions } from '../repositories/context.js'
import type { Store, StoreEngine, StoreInfo, StoreWarning } from '../store.js'
import type { Connection } from './connection.js'
import { sqlite as core } from './core.js'
import { openDatabase } from './database.js'
import { isBusy } from './database-errors.js'
import { chooseDriver, type SqliteDriver } from './driver/choose.js'
import { forgetMarkers } from './group-marker.js'
import { DEFAULT_LIMITS, type StoreLimits } from './limits.js'
import { FileLiveness, MemoryLiveness } from './liveness/process-liveness.js'
import { type OpenLockFile, type ProcessLock, probeProcess, takeProcessLock } from './liveness/process-lock.js'
import { MEMORY, nameOf } from './location.js'
import { migrationsFolder } from './migration-files.js'
import { migrate } from './migrator.js'
import { type SqliteBinding, type SqliteModule, tableOf } from './module.js'
import { InPlaceReaders } from './readers/in-place-readers.js'
import { ReaderPool } from './readers/reader-pool.js'
import type { Readers } from './readers/readers.js'
import { RoutedReaders } from './readers/routed-readers.js'
import { SqliteStore } from './store.js'
import { openThreadFile, type ThreadFile, threadFileOf } from './thread-file.js'
import { systemTimers, type Timers } from './timers.js'
import { InlineWriter } from './writer/inline-writer.js'
import { SubmissionQueue } from './writer/submission-queue.js'
import { ThreadWriter } from './writer/thread-writer.js'
import { openWriteConnection } from './writer/write-connection.js'
import type { Writer } from './writer/writer.js'
import { readSettings } from './writer/writer-settings.js'

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

const READER_THREADS = 2

/** What every part of the store is made from. */
interface Setup {
  readonly path: string
  readonly modules: readonly SqliteModule[]
  readonly table: ReadonlyMap<string, SqliteBinding>
  readonly isInline: boolean
  readonly readers: number
  readonly limits: StoreLimits
  readonly processId: string
  readonly clock: Clock
  readonly timers: Timers
  readonly onWarning: (warning: StoreWarning) => void
}

interface OpenedWriter {
  readonly writer: Writer
  readonly about: Pick<StoreInfo, 'driver' | 'engineVersion' | 'settings'>
}

/**
 * Opens a store on one SQLite file: makes and migrates it where that is needed, takes this process's death lock, and
 * starts the writer. Several stores may be open on one file, in one process and in many.
 *
 * @throws {OperationUnknownError} `store.operation_unknown`: a thread doesn't find the caller's modules.
 * @throws whatever `openDatabase` and the migrator refuse; then nothing is left open.
 * @example
 * const store = await openStore({ path: '.holdfast/holdfast.db' })
 * await store.tasks.submit({ type: 'greet', input: { name: 'Ada' } })
 */
export const openStore = async (options: OpenStoreOptions): Promise<Store> => {
  const engine = await openEngine(options)
  const { processId } = engine.info()
  return Object.assign(engine, repositories(engine, { ...options, processId }))
}

const openEngine = async (options: OpenStoreOptions): Promise<StoreEngine> => {
  const { durability, driver, create = true } = options
  const first = openDatabase({ path: nameOf(options), role: 'writer', durability, driver, create })
  try {
    const setup = setupOf(options, first)
    migrateFile(options, setup, first)
    return first.path === MEMORY ? openMemory(setup, first) : await openFile(setup, first)
  } catch (error) {
    first.close()
    throw error
  }
}

const setupOf = (options: OpenStoreOptions, { path }: Connection): Setup => {
  const { clock = systemClock, timers = systemTimers, ids = uuidV7, onWarning = () => {} } = options
  const isInline = options.writer === 'inline' || path === MEMORY
  const modules = [core, ...(options.modules ?? []).filter((module) => module !== core)]
  return {
    path,
    modules,
    table: tableOf(modules),
    isInline,
    readers: options.readers ?? (isInline ? 0 : READER_THREADS),
    limits: { ...DEFAULT_LIMITS, ...options.limits },
    processId: ids(),
    clock,
    timers,
    onWarning,
  }
}

const migrateFile = ({ migrations, scopes, ids = uuidV7 }: OpenStoreOptions, setup: Setup, first: Connection): void => {
  const { clock, limits } = setup
  const folder = migrations ?? migrationsFolder('sqlite')
  migrate(first, { folder, scopes, storeId: ids(), nowMs: clock.nowMs(), lockWaitMs: limits.lockWaitMs })
}

/** One connection does everything: a second one would have a database of its own. */
const openMemory = (setup: Setup, connection: Connection): StoreEngine => {
  const { table, limits, clock, timers } = setup
  const close = (): void => connection.close()
  const writer = new InlineWriter({ connection, table, lockWaitMs: limits.lockWaitMs, clock, timers, close })
  const readers = new InPlaceReaders(table, MEMORY, () => connection, timers)
  const about = aboutOf(connection)
  const liveness = new MemoryLiveness(setup.processId)
  return storeOf(setup, connection, { opened: { writer, about }, readers, liveness, release: () => {} })
}

const openFile = async (setup: Setup, first: Connection): Promise<StoreEngine> => {
  const { path, processId } = setup
  const openLockFile: OpenLockFile = chooseDriver(first.driver).open
  const lock = takeProcessLock(path, processId, openLockFile)
  try {
    forgetDead(first, openLockFile)
    const file = threadFileOf(first)
    const opened = setup.isInline ? openInlineWriter(setup, file) : await openThreadWriter(setup, file)
    const parts = {
      opened,
      readers: readersOf(setup, file),
      liveness: new FileLiveness(path, processId, openLockFile),
      release: () => lock.release(),
    }
    const store = storeOf(setup, first, parts)
    // It has done its part: it made the file, and kept it open until others had it open as well.
    first.close()
    return store
  } catch (error) {
    lock.release()
    throw error
  }
}

/** What the dead have left in the file; when somebody else is writing, whoever opens it next does it. */
const forgetDead = (connection: Connection, openLockFile: OpenLockFile): void => {
  try {
    forgetMarkers(connection, (id) => probeProcess(connection.path, id, openLockFile) === 'alive')
  } catch (error) {
    if (!isBusy(error)) throw error
  }
}

const openInlineWriter = (setup: Setup, file: ThreadFile): OpenedWriter => {
  const { table, limits, processId, clock, timers, onWarning } = setup
  const { lockWaitMs, walCheckpointBytes } = limits
  const { connection, marker, walCheckpoint, close } = openWriteConnection(
    { file, processId, walCheckpointBytes },
    onWarning,
  )
  const afterGroup = (): void => walCheckpoint.afterGroup()
  const writer = new InlineWriter({ connection, table, lockWaitMs, clock, timers, marker, afterGroup, close })
  return { writer, about: aboutOf(connection) }
}

const openThreadWriter = async (setup: Setup, file: ThreadFile): Promise<OpenedWriter> => {
  const { table, limits, processId, timers, onWarning } = setup
  const { lockWaitMs, walCheckpointBytes } = limits
  const data = { file, processId, walCheckpointBytes, lockWaitMs, modules: addressesOf(setup.modules) }
  const { writer, about } = await ThreadWriter.open({ table, data, timers, onWarning })
  const { driver, engineVersion, settings } = about
  return { writer, about: { driver, engineVersion, settings } }
}

const readersOf = (setup: Setup, file: ThreadFile): Readers => {
  const { table, path, timers, limits, onWarning, readers } = setup
  const inPlace = new InPlaceReaders(table, path, () => openThreadFile(file, 'reader'), timers)
  if (readers === 0) return inPlace
  const data = { file, modules: addressesOf(setup.modules) }
  const pool = new ReaderPool({ data, threads: readers, operations: [...table.keys()], limits, timers, onWarning })
  return new RoutedReaders(table, inPlace, pool)
}

const addressesOf = (modules: readonly SqliteModule[]): readonly Pick<SqliteModule, 'name' | 'url'>[] =>
  modules.map(({ name, url }) => ({ name, url }))

const aboutOf = (connection: Connection): OpenedWriter['about'] => ({
  driver: connection.driver,
  engineVersion: connection.sqliteVersion,
  settings: readSettings(connection),
})

interface Parts {
  readonly opened: OpenedWriter
  readonly readers: Readers
  readonly liveness: FileLiveness | MemoryLiveness
  readonly release: ProcessLock['release']
}

const storeOf = (
  setup: Setup,
  { durability }: Connection,
  { opened, readers, liveness, release }: Parts,
): StoreEngine => {
  const { table, path, processId, limits, clock, timers, onWarning } = setup
  const queue = new SubmissionQueue(opened.writer, limits, clock, timers, onWarning)
  const info: StoreInfo = { engine: 'sqlite', ...opened.about, location: path, durability, processId }
  return new SqliteStore({ table, queue, readers, liveness, info, release })
}
