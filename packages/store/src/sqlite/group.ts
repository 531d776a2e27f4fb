import {
  InvariantError,
  OperationUnknownError,
  OutcomeUnknownError,
  refusalOf,
  StoreBusyError,
  type StoreError,
  StoreIoError,
} from '../errors.js'
import type { Verdict } from '../operation.js'
import type { Connection } from './connection.js'
import { isGroupFatal, toStoreError } from './database-errors.js'
import type { GroupMarker } from './group-marker.js'
import { bind, bindBatch, type SqliteBinding } from './module.js'

/** One operation on its way to a connection: what crosses the thread. */
export interface Submission {
  readonly name: string
  readonly args: unknown
}

/** What became of a group. */
export interface GroupOutcome {
  /** One per submission that ran, in order. A granted one is committed. */
  readonly verdicts: readonly Verdict<unknown>[]
  /** How many at the end of the group did not run, so that others get the lock: hand them over again. None unless said. */
  readonly notRun?: number
  /** How many operations shared a transaction: all, or 1 when the group was run again one by one. */
  readonly groupSize: number
  readonly ranAlone: boolean
  /** Whether it had anything for the disk. One that changed nothing tells nothing about it. */
  readonly wrote?: boolean
  /** Whether it made work claimable, or due earlier. The bell has rung. */
  readonly madeWork?: boolean
  /** What it took beside its operations, in milliseconds, where the writer has measured it. */
  readonly commitMs?: number
}

export interface GroupContext {
  /** Takes the write lock, or throws `store.busy`. */
  readonly begin: (connection: Connection) => void
  /** Asked after each operation: whether to commit what there is, and leave the rest of the group for another turn. */
  readonly mustLetGo?: () => boolean
  /** Settles a COMMIT that failed midway. Without it such a group is answered `store.outcome_unknown`. */
  readonly marker?: GroupMarker
}

type Table = ReadonlyMap<string, SqliteBinding>

/** What one transaction came to. `undone`: it was rolled back, verifiably; nothing of it is in the database. */
type Attempt =
  | { readonly state: 'committed'; readonly verdicts: readonly Verdict<unknown>[] }
  | { readonly state: 'undone'; readonly error: StoreError; readonly worthAlone: boolean }
  | { readonly state: 'unknown'; readonly error: StoreError }

/**
 * Runs every submission in one BEGIN IMMEDIATE … COMMIT, and answers each on its own.
 *
 * A refusal undoes its own operation only. An error that may have hurt the transaction (disk full, I/O, memory,
 * corruption, a defect of a binding) undoes the whole group, which is then run again one operation per transaction,
 * so that the one that can't succeed fails alone. Nothing is granted before its COMMIT has returned, and nothing that
 * is answered with an error has been applied, but for `store.outcome_unknown`. Where the file has been taken from the
 * connection ({@link FileHold}), nothing is granted at all. A group that takes long while others wait
 * for the lock is cut: the answer then covers its first operations.
 *
 * Synchronous and free of threads: the writer thread, the inline writer and a simulator all call it.
 *
 * @throws {InvariantError} `store.invariant`: a transaction could not be rolled back. Close the connection.
 */
export const runGroup = (
  connection: Connection,
  table: Table,
  group: readonly Submission[],
  context: GroupContext,
): GroupOutcome => {
  const marks = context.marker?.marks
  const together = runTransaction(connection, table, group, context)
  const ranAlone = together.state === 'undone' && together.worthAlone && group.length > 1
  const verdicts = ranAlone ? runAlone(connection, table, group, context) : answersOf(together, group.length)
  const notRun = group.length - verdicts.length
  const wrote = context.marker !== undefined && context.marker.marks !== marks
  return {
    verdicts,
    groupSize: ranAlone ? 1 : verdicts.length,
    ranAlone,
    ...(wrote && { wrote }),
    ...(notRun > 0 && { notRun }),
  }
}

/** One operation per transaction. Who finds the lock taken waits for it once, on behalf of all behind him. */
const runAlone = (
  connection: Connection,
  table: Table,
  group: readonly Submission[],
  context: GroupContext,
): readonly Verdict<unknown>[] => {
  const verdicts: Verdict<unknown>[] = []
  while (verdicts.length < group.length) {
    const attempt = runTransaction(connection, table, group.slice(verdicts.length, verdicts.length + 1), context)
    const isBusy = attempt.state === 'undone' && attempt.error.code === StoreBusyError.code
    verdicts.push(...answersOf(attempt, isBusy ? group.length - verdicts.length : 1))
  }
  return verdicts
}

const answersOf = (attempt: Attempt, size: number): readonly Verdict<unknown>[] =>
  attempt.state === 'committed' ? attempt.verdicts : Array.from({ length: size }, () => failed(attempt.error))

const failed = (error: StoreError): Verdict<never> => ({ ok: false, refusal: refusalOf(error) })

const runTransaction = (
  connection: Connection,
  table: Table,
  group: readonly Submission[],
  context: GroupContext,
): Attempt => {
  try {
    context.begin(connection)
  } catch (error) {
    rollBack(connection)
    // Whoever can't get the lock together won't get it one by one either.
    return { state: 'undone', error: toStoreError(error), worthAlone: false }
  }
  const verdicts: Verdict<unknown>[] = []
  try {
    while (verdicts.length < group.length) {
      verdicts.push(...runNeighbours(connection, table, group, verdicts.length))
      if (context.mustLetGo?.()) break
    }
    context.marker?.write()
  } catch (error) {
    rollBack(connection)
    return { state: 'undone', error: toStoreError(error), worthAlone: true }
  }
  return commit(connection, verdicts, context)
}

/** Calls that share statements at most: few enough to fit into a turn at the write lock. */
const MOST_NEIGHBOURS = 128

/** Runs the operation at `from`, and those right behind it that are calls of the same one, where it has a way for many. */
const runNeighbours = (
  connection: Connection,
  table: Table,
  group: readonly Submission[],
  from: number,
): readonly Verdict<unknown>[] => {
  const first = group[from] as Submission
  const binding = table.get(first.name)
  const runBatch = binding?.prepareBatch && bindBatch(binding, connection.db)
  const calls = runBatch ? callsFrom(group, from) : [first.args]
  const verdicts = calls.length > 1 ? runBatch?.(calls) : undefined
  if (!verdicts) return calls.map((args) => runOperation(connection, table, { name: first.name, args }))
  assertInTransaction(connection, first.name)
  return verdicts
}

const callsFrom = (group: readonly Submission[], from: number): readonly unknown[] => {
  const name = group[from]?.name
  let end = from + 1
  while (end < group.length && end - from < MOST_NEIGHBOURS && group[end]?.name === name) end += 1
  return group.slice(from, end).map(({ args }) => args)
}

/** Runs one operation. A throw means that the transaction can't be trusted any more. */
const runOperation = (connection: Connection, table: Table, { name, args }: Submission): Verdict<unknown> => {
  const binding = table.get(name)
  if (!binding) return failed(new OperationUnknownError(`the writer has no binding for ${name}`, { operation: name }))
  const verdict = binding.atomic ? runStatement(connection, binding, args) : runInSavepoint(connection, binding, args)
  assertInTransaction(connection, name)
  return verdict
}

/** Under memory pressure SQLite can roll back everything on its own; whatever followed would then commit by itself. */
const assertInTransaction = (connection: Connection, name: string): void => {
  if (!connection.inTransaction) throw new InvariantError(`${name} ended the transaction of its group`)
}

const runStatement = (connection: Connection, binding: SqliteBinding, args: unknown): Verdict<unknown> => {
  try {
    return bind(binding, connection.db)(args)
  } catch (error) {
    return failed(orAbort(connection, error))
  }
}

const runInSavepoint = (connection: Connection, binding: SqliteBinding, args: unknown): Verdict<unknown> => {
  connection.exec('SAVEPOINT operation')
  let verdict: Verdict<unknown>
  try {
    verdict = bind(binding, connection.db)(args)
  } catch (error) {
    verdict = failed(orAbort(connection, error))
  }
  if (!verdict.ok) connection.exec('ROLLBACK TO operation')
  connection.exec('RELEASE operation')
  return verdict
}

/**
 * The typed error of a statement that failed by itself. Anything graver is thrown on, and ends the group: also a defect
 * of a binding, because what it wrote before it threw would stay behind an operation that is reported failed.
 */
const orAbort = (connection: Connection, cause: unknown): StoreError => {
  const error = toStoreError(cause)
  if (!connection.inTransaction || isGroupFatal(cause) || error.code === InvariantError.code) throw error
  return error
}

const commit = (connection: Connection, verdicts: readonly Verdict<unknown>[], context: GroupContext): Attempt => {
  const lost = connection.hold.beforeCommit()
  if (lost) {
    rollBack(connection)
    return { state: 'undone', error: lost, worthAlone: false }
  }
  try {
    connection.exec('COMMIT')
    return committed(connection, verdicts)
  } catch (cause) {
    const error = toStoreError(cause)
    rollBack(connection)
    if (error.code === StoreIoError.code) return settle(connection, verdicts, error, context)
    // Full, busy or a deferred key: rolled back, so an answer. Small neighbours of a large operation may still fit.
    return { state: 'undone', error, worthAlone: error.code !== StoreBusyError.code }
  }
}

const committed = (connection: Connection, verdicts: readonly Verdict<unknown>[]): Attempt => {
  const doubt = connection.hold.afterCommit()
  return doubt ? { state: 'unknown', error: doubt } : { state: 'committed', verdicts }
}

/**
 * COMMIT failed on the disk: its frames may or may not be in the WAL. A barrier, which is one more commit, writes over
 * frames that were not published, so afterwards the group's marker tells for good.
 */
const settle = (
  connection: Connection,
  verdicts: readonly Verdict<unknown>[],
  error: StoreError,
  { begin, marker }: GroupContext,
): Attempt => {
  try {
    if (!marker) throw error
    begin(connection)
    const landed = marker.isThere()
    marker.writeBarrier()
    connection.exec('COMMIT')
    return landed ? committed(connection, verdicts) : { state: 'undone', error, worthAlone: false }
  } catch (cause) {
    rollBack(connection)
    const unknown = new OutcomeUnknownError('COMMIT failed on the disk, and so did the look after it', {}, { cause })
    return { state: 'unknown', error: unknown }
  }
}

/** Also when SQLite has rolled back by itself: until it hears ROLLBACK, the connection refuses all else. */
const rollBack = (connection: Connection): void => {
  connection.exec('ROLLBACK')
  if (connection.inTransaction) throw new InvariantError('a transaction could not be rolled back')
}
