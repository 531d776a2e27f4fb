import { type Clock, systemClock } from '../clock.js'
import type { StoreError } from '../errors.js'
import { uuidV7 } from '../ids.js'
import type { StoreEngine, StoreInfo, StoreWarning } from '../store.js'
import { abandon } from './abandoned.js'
import { bellFileOf } from './bell/bell-file.js'
import { BellWatch } from './bell/bell-watch.js'
import { TellingWriter } from './bell/telling-writer.js'
import { WorkBell } from './bell/work-bell.js'
import type { Connection } from './connection.js'
import { sqlite as core } from './core.js'
import { openDatabase } from './database.js'
import { isBusy, toStoreError } from './database-errors.js'
import { chooseDriver } from './driver/choose.js'
import { assertFit } from './driver/probe.js'
import { fileError } from './file-check.js'
import { FullStop } from './full-stop.js'
import { forgetMarkers } from './group-marker.js'
import { DEFAULT_LIMITS, type StoreLimits } from './limits.js'
import { lastStopOf } from './last-stop.js'
import { probeProcess } from './liveness/lock-probe.js'
import { FileLiveness, MemoryLiveness } from './liveness/process-liveness.js'
import { type OpenLockFile, type ProcessLock, takeProcessLock } from './liveness/process-lock.js'
import { MEMORY, nameOf } from './location.js'
import { migrationsFolder } from './migration-files.js'
import { migrate } from './migrator.js'
import { type SqliteBinding, type SqliteModule, tableOf } from './module.js'
import type { OpenStoreOptions } from './open-store-options.js'
import { QuickCheck } from './quick-check/quick-check.js'
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

/** Unless the opener says otherwise: the second one runs on while the first is in a long read. */
const READER_THREADS = 2

/** How long a check after an unclean stop goes on; on the caller's own thread it would hold up everything else. */
const CHECK_MS = 60_000
const CHECK_IN_PLACE_MS = 200

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
  readonly fullStop: FullStop
}

interface OpenedWriter {
  readonly writer: Writer
  readonly about: Pick<StoreInfo, 'driver' | 'engineVersion' | 'settings'>
}

/** Opens everything below the repositories: file, migrations, death lock, writer and readers. */
export const openEngine = async (options: OpenStoreOptions): Promise<StoreEngine> => {
  const { durability, driver, create = true } = options
  assertFit(chooseDriver(driver))
  const first = openDatabase({ path: nameOf(options), role: 'writer', durability, driver, create })
  try {
    const setup = setupOf(options, first)
    migrateFile(options, setup, first)
    return first.path === MEMORY ? openMemory(setup, first) : await openFile(setup, first)
  } catch (error) {
    first.close()
    // The lock files and what the dead left are the first things that are written: a file or folder may forbid it.
    throw toStoreError(fileError(error, first.path))
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
    fullStop: new FullStop(),
  }
}

const migrateFile = ({ migrations, scopes, ids = uuidV7 }: OpenStoreOptions, setup: Setup, first: Connection): void => {
  const { clock, limits } = setup
  const folder = migrations ?? migrationsFolder('sqlite')
  migrate(first, { folder, scopes, storeId: ids(), nowMs: clock.nowMs(), lockWaitMs: limits.lockWaitMs })
}

/** One connection does everything: a second one would have a database of its own. */
const openMemory = (setup: Setup, connection: Connection): StoreEngine => {
  const { table, limits, timers } = setup
  const close = (): void => connection.close()
  const writer = new InlineWriter({ connection, table, lockWaitMs: limits.lockWaitMs, timers, close })
  const readers = new InPlaceReaders(table, MEMORY, () => connection, timers)
  const about = aboutOf(connection)
  const liveness = new MemoryLiveness(setup.processId)
  const quickCheck = quickCheckOver(setup, readers)
  return storeOf(setup, connection, { opened: { writer, about }, readers, liveness, quickCheck, release: () => {} })
}

const openFile = async (setup: Setup, first: Connection): Promise<StoreEngine> => {
  const { path, processId } = setup
  const openLockFile: OpenLockFile = chooseDriver(first.driver).open
  // Before our own lock is there to be counted.
  const lastStop = lastStopOf(path, openLockFile)
  const lock = takeProcessLock(path, processId, openLockFile)
  try {
    forgetDead(first, openLockFile)
    const file = threadFileOf(first)
    const opened = setup.isInline ? openInlineWriter(setup, file) : await openThreadWriter(setup, file)
    const liveness = new FileLiveness(path, processId, openLockFile, setup.onWarning)
    const letGo = stayOrClose(setup, first)
    const release = (): void => {
      liveness.close()
      letGo()
      lock.release()
    }
    const readers = readersOf(setup, file)
    const quickCheck = quickCheckOver(setup, readers)
    const store = storeOf(setup, first, { opened, readers, liveness, quickCheck, release })
    if (lastStop === 'unclean') await begunOrClosed(store, quickCheck)
    return store
  } catch (error) {
    lock.release()
    throw error
  }
}

/**
 * The first connection stays open on this thread as long as the store does, and longer where its file was taken from it:
 * then the others can be closed without harm.
 *
 * @returns Ends it, with the store.
 */
const stayOrClose = ({ fullStop, onWarning }: Setup, first: Connection): (() => void) => {
  const stayWhere = (lost: StoreError | undefined): boolean => {
    if (lost) abandon(first)
    return lost !== undefined
  }
  fullStop.listen(({ code, message, details }) => {
    if (stayWhere(first.hold.lost)) onWarning({ code, message, details })
  })
  return () => {
    if (!stayWhere(first.hold.check())) first.close()
  }
}

/** Where it finds damage in time, the store isn't opened at all. */
const begunOrClosed = async (store: StoreEngine, quickCheck: QuickCheck): Promise<void> => {
  try {
    await quickCheck.begin()
  } catch (error) {
    await store.close()
    throw error
  }
}

const quickCheckOver = ({ readers: threads, timers, onWarning, fullStop }: Setup, readers: Readers): QuickCheck =>
  new QuickCheck({
    read: (submission) => readers.read(submission),
    budgetMs: threads === 0 ? CHECK_IN_PLACE_MS : CHECK_MS,
    timers,
    onDamage: (damage) => fullStop.stop(damage),
    onWarning,
  })

/** What the dead have left in the file; when somebody else is writing, whoever opens it next does it. */
const forgetDead = (connection: Connection, openLockFile: OpenLockFile): void => {
  try {
    forgetMarkers(connection, (id) => probeProcess(connection.path, id, openLockFile) === 'alive')
  } catch (error) {
    if (!isBusy(error)) throw error
  }
}

const openInlineWriter = (setup: Setup, file: ThreadFile): OpenedWriter => {
  const { table, limits, processId, timers, onWarning } = setup
  const { lockWaitMs, walCheckpointBytes, turnMs } = limits
  const { connection, marker, turn, walCheckpoint, ringer, close } = openWriteConnection(
    { file, processId, walCheckpointBytes, turnMs },
    onWarning,
    timers,
  )
  const afterGroup = (): void => walCheckpoint.afterGroup()
  const writer = new InlineWriter({ connection, table, lockWaitMs, timers, marker, turn, ringer, afterGroup, close })
  return { writer, about: aboutOf(connection) }
}

const openThreadWriter = async (setup: Setup, file: ThreadFile): Promise<OpenedWriter> => {
  const { table, limits, processId, timers, onWarning } = setup
  const { lockWaitMs, walCheckpointBytes, turnMs } = limits
  const data = { file, processId, walCheckpointBytes, turnMs, lockWaitMs, modules: addressesOf(setup.modules) }
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
  readonly quickCheck: QuickCheck
  readonly release: ProcessLock['release']
}

const storeOf = (
  setup: Setup,
  { durability, hold }: Connection,
  { opened, readers, liveness, quickCheck, release }: Parts,
): StoreEngine => {
  const { table, path, processId, limits, clock, timers, onWarning, fullStop } = setup
  const bell = bellOf(setup)
  const writer = new TellingWriter(opened.writer, () => bell.tell())
  const queue = new SubmissionQueue(writer, limits, clock, timers, onWarning)
  const info = { engine: 'sqlite' as const, ...opened.about, location: path, durability, processId }
  return new SqliteStore({ table, queue, readers, liveness, bell, info, quickCheck, fullStop, hold, release })
}

/** Nobody else can reach a database in memory. */
const bellOf = ({ path, timers, onWarning }: Setup): WorkBell =>
  new WorkBell(
    path === MEMORY ? undefined : (onRing) => new BellWatch({ file: bellFileOf(path), timers, onRing, onWarning }),
  )
