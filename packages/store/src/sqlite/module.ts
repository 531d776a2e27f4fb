import { ForeignConnectionError, OperationTwiceError, OperationUnknownError, errorOf } from '../errors.js'
import type { Operation, Verdict } from '../operation.js'
import { markWork } from './bell/work-mark.js'
import type { SqliteDatabase } from './connection.js'
import { sessionOf } from './session.js'

type Prepare<Args, Result> = (db: SqliteDatabase) => (args: Args) => Verdict<Result>

/** Prepares the statements of one operation once per connection, then runs it inside a transaction it doesn't own. */
// biome-ignore lint/suspicious/noExplicitAny: a table of bindings holds every argument and result type
export interface SqliteBinding<Args = any, Result = any> {
  readonly op: Operation<Args, Result>
  /** True when SQLite itself undoes it on failure, because it is one statement; otherwise the writer sets a SAVEPOINT. */
  readonly atomic: boolean
  /** A read known to take under a millisecond: it runs on the caller's thread, which is sooner than a thread's answer. */
  readonly quick?: boolean
  /** Whether a granted call made an item claimable, or due earlier: {@link ringsWhen}. */
  readonly rings?: (value: Result, args: Args) => boolean
  prepare(db: SqliteDatabase): (args: Args) => Verdict<Result>
  /** How neighbours in a group run at once: {@link batched}. */
  readonly prepareBatch?: (db: SqliteDatabase) => RunBatch<Args, Result>
}

/**
 * Runs several calls of one operation by one statement or two, as if they had run one after the other.
 *
 * @returns One verdict each. Undefined, and nothing is left of it, when one of them needs an answer of its own: a repeat,
 * a lost lease, a value that the database refuses. Each is then run alone.
 */
export type RunBatch<Args, Result> = (calls: readonly Args[]) => readonly Verdict<Result>[] | undefined

/** Binds an operation that runs at most one writing statement: SQLite itself undoes it when it fails. */
export const oneStatement = <Args, Result>(
  op: Operation<Args, Result>,
  prepare: Prepare<NoInfer<Args>, NoInfer<Result>>,
): SqliteBinding<Args, Result> => ({ op, prepare, atomic: true })

/** Binds an operation of several writing statements: the writer puts a SAVEPOINT around them, and undoes a refusal. */
export const severalStatements = <Args, Result>(
  op: Operation<Args, Result>,
  prepare: Prepare<NoInfer<Args>, NoInfer<Result>>,
): SqliteBinding<Args, Result> => ({ op, prepare, atomic: false })

/**
 * A write after which those who wait for work have to look, because it made an item claimable or due earlier. The bell
 * rings once per transaction, after its COMMIT, also where another operation or a user's transaction runs this one.
 */
export const ringsWhen = <Args, Result>(
  binding: SqliteBinding<Args, Result>,
  rings: (value: Result, args: Args) => boolean,
): SqliteBinding<Args, Result> => ({ ...binding, rings })

/** The binding of an operation that many callers ask for at once: neighbours in a group share its statements. */
export const batched = <Args, Result>(
  binding: SqliteBinding<Args, Result>,
  prepareBatch: (db: SqliteDatabase) => RunBatch<NoInfer<Args>, NoInfer<Result>>,
): SqliteBinding<Args, Result> => ({ ...binding, prepareBatch })

/** Binds a read: one SELECT with a LIMIT, which runs on a reader thread. */
export const read = <Args, Result>(
  op: Operation<Args, Result>,
  prepare: Prepare<NoInfer<Args>, NoInfer<Result>>,
): SqliteBinding<Args, Result> => ({ op, prepare, atomic: true })

/** Binds a read by key of a row or a few: known to take under a millisecond, so it runs on the caller's thread. */
export const quickRead = <Args, Result>(
  op: Operation<Args, Result>,
  prepare: Prepare<NoInfer<Args>, NoInfer<Result>>,
): SqliteBinding<Args, Result> => ({ op, prepare, atomic: true, quick: true })

/**
 * One package's operations for SQLite. `url` is the module's own `import.meta.url`: the threads import it again and
 * look for this object under the name `sqlite`.
 */
export interface SqliteModule {
  readonly name: string
  readonly url: string
  readonly bindings: readonly SqliteBinding[]
}

/** Operations by name. A second binding of one name is refused. */
export const tableOf = (modules: readonly SqliteModule[]): ReadonlyMap<string, SqliteBinding> => {
  const table = new Map<string, SqliteBinding>()
  for (const binding of modules.flatMap((module) => module.bindings)) {
    if (table.has(binding.op.name)) throw new OperationTwiceError(`operation ${binding.op.name} is bound twice`)
    table.set(binding.op.name, binding)
  }
  return table
}

const ours = new WeakSet<object>()

/** Marks a handle as opened by the factory: only it sets the rules that the promises rest on. */
export const adopt = (db: SqliteDatabase): void => {
  ours.add(sessionOf(db))
}

/** What a binding has prepared on one connection. */
interface Bound {
  // biome-ignore lint/suspicious/noExplicitAny: as above
  readonly run: (args: any) => Verdict<any>
  // biome-ignore lint/suspicious/noExplicitAny: as above
  readonly runBatch: RunBatch<any, any> | undefined
}

const prepared = new WeakMap<object, Map<SqliteBinding, Bound>>()

const boundTo = (binding: SqliteBinding, db: SqliteDatabase): Bound => {
  const session = sessionOf(db)
  let known = prepared.get(session)
  if (!known) {
    known = new Map()
    prepared.set(session, known)
  }
  let bound = known.get(binding)
  if (!bound) {
    bound = { run: marking(binding, db), runBatch: markingBatch(binding, db) }
    known.set(binding, bound)
  }
  return bound
}

/** The binding's statements on this connection, prepared at first use. */
export const bind = <Args, Result>(
  binding: SqliteBinding<Args, Result>,
  db: SqliteDatabase,
): ((args: Args) => Verdict<Result>) => boundTo(binding, db).run

/** The same for several calls at once; undefined where the operation has no such way. */
export const bindBatch = <Args, Result>(
  binding: SqliteBinding<Args, Result>,
  db: SqliteDatabase,
): RunBatch<Args, Result> | undefined => boundTo(binding, db).runBatch

/** Notes what an operation made claimable, whichever way it runs: in a group, in a user's transaction, in another one. */
const marking = <Args, Result>(
  binding: SqliteBinding<Args, Result>,
  db: SqliteDatabase,
): ((args: Args) => Verdict<Result>) => {
  const run = binding.prepare(db)
  const { rings } = binding
  if (!rings) return run
  return (args) => {
    const verdict = run(args)
    if (verdict.ok && rings(verdict.value, args)) markWork(db)
    return verdict
  }
}

const markingBatch = <Args, Result>(
  binding: SqliteBinding<Args, Result>,
  db: SqliteDatabase,
): RunBatch<Args, Result> | undefined => {
  const run = binding.prepareBatch?.(db)
  const { rings } = binding
  if (!run || !rings) return run
  return (calls) => {
    const verdicts = run(calls)
    const hasRung = verdicts?.some((verdict, at) => verdict.ok && rings(verdict.value, calls[at] as Args))
    if (hasRung) markWork(db)
    return verdicts
  }
}

/**
 * Runs an operation inside a transaction the caller owns. The caller commits; nothing is acknowledged before that.
 *
 * @throws {ForeignConnectionError} `store.foreign_connection`: the handle wasn't opened by this package.
 * @throws the typed error of a refusal.
 */
export const within = <Args, Result>(
  tx: SqliteDatabase,
  binding: SqliteBinding<Args, Result>,
  args: NoInfer<Args>,
): Result => {
  if (!ours.has(sessionOf(tx)))
    throw new ForeignConnectionError('this transaction is not on a connection that the store opened')
  const verdict = bind(binding, tx)(args)
  if (verdict.ok) return verdict.value
  throw errorOf(verdict.refusal)
}

/**
 * A module's binding of one operation, for another package that runs it as a part of its own: both then commit or
 * neither does.
 *
 * @throws {OperationUnknownError} `store.operation_unknown`
 */
export const bindingOf = <Args, Result>(
  module: SqliteModule,
  op: Operation<Args, Result>,
): SqliteBinding<Args, Result> => {
  const found = module.bindings.find((binding) => binding.op === op)
  if (!found) throw new OperationUnknownError(`module ${module.name} doesn't bind ${op.name}`, { operation: op.name })
  return found
}
