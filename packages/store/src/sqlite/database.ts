import type { DurabilityLevel } from '@holdfast/schema'
import { StatementRefusedError, StoreReplacedError, type StoreError } from '../errors.js'
import { DEFAULT_LOCK_WAIT_MS, beginTurn, retryWhileBusy } from './begin.js'
import { Ringer } from './bell/ringer.js'
import { takeWorkMark } from './bell/work-mark.js'
import type { Connection, DriverConnection, SqlValue } from './connection.js'
import { toStoreError } from './database-errors.js'
import { databasePath } from './database-path.js'
import { chooseDriver } from './driver/choose.js'
import { drizzleOver } from './driver/drizzle.js'
import { facadeOver } from './driver/facade.js'
import type { SqliteDriver } from './driver/names.js'
import { assertLevel, durabilityOf } from './durability.js'
import { checkFile } from './file-check.js'
import { type FileHold, NOTHING_TO_LOSE, WriterHold } from './file-hold.js'
import { MEMORY } from './location.js'
import { wantOf } from './lock/want-file.js'
import { WriteTurn } from './lock/write-turn.js'
import { adopt } from './module.js'
import { enterCopy, keyOf, type FileKey } from './one-copy.js'
import { assertSupportedRuntime } from './runtime.js'
import { assertReadBack, settingsOf } from './settings.js'

export interface OpenDatabaseOptions {
  /** A path, a `file:` URL, or `:memory:`. */
  readonly path: string
  readonly role: Connection['role']
  /** Nothing asks for the file's own level; a new file gets `power`. */
  readonly durability?: DurabilityLevel | undefined
  /** Make the file, and its folder, when there is none. Only a writer makes one. */
  readonly create?: boolean | undefined
  readonly driver?: SqliteDriver | undefined
  /** How long to wait for the write lock, in milliseconds: at start-up, and in `db.transaction`. */
  readonly lockWaitMs?: number | undefined
  /** Another thread of this process has checked the file and may have it open: its bytes are not looked at again. */
  readonly checked?: boolean | undefined
  /** The `copy` of that thread's connection: this thread refuses to open the file through another. */
  readonly copy?: string | undefined
  /** Of a checkpointer: whether its process has the write lock now. Without it every checkpoint is refused. */
  readonly holdsWriteLock?: (() => boolean) | undefined
}

/**
 * Opens the one kind of connection there is: every setting of its role made and read back.
 *
 * A writer switches the file to WAL; a reader and a checkpointer need a file that is in it. What is refused is left as
 * it was, byte for byte.
 *
 * @throws {NotADatabaseError} `store.not_a_database`: something else, damaged at its head, a folder, or empty.
 * @throws {StoreMissingError} `store.missing`: there is no file and `create` is not set.
 * @throws {StoreReadOnlyError} `store.read_only`: the file or its folder can't be written.
 * @throws {UnsupportedStoreError} `store.unsupported`: a network file system, a remote URL, not Node.
 * @throws {DurabilityMismatchError} `store.durability_mismatch`: the file has another level than the one asked for.
 * @throws {DriverDuplicateError} `driver.duplicate`: another copy of a SQLite library has the file open here.
 * @throws {StoreBusyError} `store.busy`: somebody held the lock for `lockWaitMs`.
 * @throws {StoreReplacedError} `store.replaced`: a backup was restored over the file meanwhile.
 * @throws {StoreDetachedError} `store.detached`: this process has lost its locks on the file, which it has open.
 */
export const openDatabase = (options: OpenDatabaseOptions): Connection => {
  assertSupportedRuntime()
  assertLevel(options.durability)
  const path = databasePath(options.path)
  const driver = chooseDriver(options.driver)
  if (path === MEMORY)
    return openWith(options, { path, copy: driver.copy, open: () => driver.open(MEMORY), hold: () => NOTHING_TO_LOSE })

  const file = checkFile(path, {
    create: options.role === 'writer' && (options.create ?? false),
    checked: options.checked ?? false,
  })
  const leave = enterCopy(file.key, file.path, { copy: driver.copy, expectedCopy: options.copy })
  try {
    const open = (): ReturnType<typeof driver.open> => driver.open(file.path)
    const hold = (): FileHold => (options.role === 'writer' ? new WriterHold(file.path, file.key) : NOTHING_TO_LOSE)
    return notReplaced(openWith(options, { path: file.path, copy: driver.copy, open, hold, onClose: leave }), file.key)
  } catch (error) {
    leave()
    throw isStill(file.key, file.path) ? error : replaced(file.path, error)
  }
}

/**
 * A connection that waited for the lock while a backup was restored has the file that was put aside: what it wrote would
 * be acknowledged, and lost. By now it has read once, which keeps everybody from replacing the file from here on.
 */
const notReplaced = (connection: Connection, key: FileKey): Connection => {
  if (isStill(key, connection.path)) return connection
  connection.close()
  throw replaced(connection.path)
}

const replaced = (path: string, cause?: unknown): StoreError =>
  new StoreReplacedError(`${path} was replaced while it was being opened`, { path }, { cause })

const isStill = (key: FileKey, path: string): boolean => {
  try {
    return keyOf(path) === key
  } catch {
    return false // It is gone, or can't be looked at any more: not the one that was opened.
  }
}

interface Target {
  readonly path: string
  readonly copy: string
  open(): Parameters<typeof facadeOver>[0]
  /** Called when the connection has read once. */
  hold(): FileHold
  onClose?(): void
}

const openWith = (options: OpenDatabaseOptions, target: Target): Connection => {
  const { role, lockWaitMs = DEFAULT_LOCK_WAIT_MS } = options
  let base: DriverConnection | undefined
  try {
    base = facadeOver(target.open(), { role, holdsWriteLock: options.holdsWriteLock })
    const durability = configure(base, {
      role,
      lockWaitMs,
      isMemory: target.path === MEMORY,
      asked: options.durability,
    })
    return connectionOver(base, { ...target, role, lockWaitMs, durability })
  } catch (error) {
    base?.close()
    throw toStoreError(error)
  }
}

/** Another process recovering the WAL, or switching to it, takes milliseconds. */
const SETUP_BUSY_TIMEOUT_MS = 1_000

const READ_ONCE = 'SELECT 1 FROM sqlite_master LIMIT 1'

interface Configuration {
  readonly role: Connection['role']
  readonly lockWaitMs: number
  readonly isMemory: boolean
  readonly asked: DurabilityLevel | undefined
}

const configure = (base: DriverConnection, { role, lockWaitMs, isMemory, asked }: Configuration): DurabilityLevel => {
  const patiently = <Result>(attempt: () => Result): Result => retryWhileBusy(lockWaitMs, attempt)
  // While it is being set up SQLite waits by itself, so that no prepared PRAGMA meets a lock.
  base.exec(`PRAGMA busy_timeout = ${Math.min(lockWaitMs, SETUP_BUSY_TIMEOUT_MS)}`)
  // By exec(), because one SQLITE_BUSY on a prepared statement of libsql poisons the connection. It comes first: a
  // damaged head opens, fails here, and has nothing written to it.
  patiently(() => base.exec(READ_ONCE))
  const durability = patiently(() => durabilityOf(base, asked))
  // busy_timeout does not cover the switch to WAL while another connection writes, so it is tried again here.
  if (role === 'writer') patiently(() => base.exec('PRAGMA journal_mode = WAL'))
  assertReadBack('journal_mode', isMemory ? 'memory' : 'wal', pragmaOf(base, 'journal_mode'))
  for (const { name, value } of settingsOf(role, durability, isMemory)) {
    base.exec(`PRAGMA ${name} = ${value}`)
    assertReadBack(name, value, pragmaOf(base, name))
  }
  // A new file is opened as WAL by the first read in it: from then on the connection has its lock and its log.
  if (role === 'writer') patiently(() => base.exec(READ_ONCE))
  return durability
}

const pragmaOf = (connection: DriverConnection, name: string): SqlValue =>
  connection.prepare(`PRAGMA ${name}`).raw().get()?.[0] ?? null

interface Opened extends Target {
  readonly role: Connection['role']
  readonly lockWaitMs: number
  readonly durability: DurabilityLevel
}

const connectionOver = (base: DriverConnection, opened: Opened): Connection => {
  const hold = opened.hold()
  const turn = new WriteTurn(wantOf(opened.path))
  const ringer = new Ringer(opened.path, ({ code, message }) => process.emitWarning(message, { code }))
  const db = drizzleOver({
    prepare: (sql) => base.prepare(sql),
    transaction: (body) => {
      const result = inTransaction(base, { ...opened, turn, hold }, body)
      // A group of the writer rings by itself, and is still open here.
      if (!base.inTransaction && takeWorkMark(db)) ringer.ring()
      return result
    },
  })
  adopt(db)
  return {
    path: opened.path,
    role: opened.role,
    durability: opened.durability,
    copy: opened.copy,
    db,
    hold,
    driver: base.driver,
    sqliteVersion: base.sqliteVersion,
    get inTransaction() {
      return base.inTransaction
    },
    exec: (sql) => base.exec(sql),
    prepare: (sql) => base.prepare(sql),
    pragma: (name) => pragmaOf(base, name),
    close: () => {
      ringer.close()
      hold.close()
      base.close()
      opened.onClose?.()
    },
  }
}

interface Writing extends Pick<Opened, 'path' | 'role' | 'lockWaitMs'> {
  readonly turn: WriteTurn
  readonly hold: FileHold
}

/** Begins immediately, because a deferred transaction that writes later fails with SQLITE_BUSY_SNAPSHOT at once. */
const inTransaction = <Result>(base: DriverConnection, writing: Writing, body: () => Result): Result => {
  const { path, role, lockWaitMs, turn, hold } = writing
  if (role !== 'writer') throw new StatementRefusedError(`a ${role} has no transactions`, { statement: 'transaction' })
  const isNested = base.inTransaction
  if (isNested) base.exec('SAVEPOINT holdfast')
  else beginTurn({ path, exec: (sql) => base.exec(sql) }, turn, lockWaitMs)
  let result: Result
  try {
    result = body()
    const lost = isNested ? undefined : hold.beforeCommit()
    if (lost) throw lost
    base.exec(isNested ? 'RELEASE holdfast' : 'COMMIT')
  } catch (error) {
    if (!isNested) base.exec('ROLLBACK')
    // A full disk may have ended the whole transaction already; then the outer one says so.
    else if (base.inTransaction) base.exec('ROLLBACK TO holdfast; RELEASE holdfast')
    throw error
  } finally {
    if (!isNested) turn.ended(performance.now())
  }
  const doubt = isNested ? undefined : hold.afterCommit()
  if (doubt) throw doubt
  return result
}
