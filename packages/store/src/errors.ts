import type { Refusal, RefusalDetails } from './operation.js'

/**
 * Everything that Holdfast refuses or fails with. Branch on `code` (public API: the same over HTTP, in logs and in
 * docs) or on the class, never on the message.
 */
export class StoreError extends Error {
  /** True when the same call may succeed later, unchanged. */
  readonly retryable: boolean

  constructor(
    readonly code: string,
    message: string,
    readonly details: RefusalDetails = {},
    options: { readonly retryable?: boolean; readonly cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'StoreError'
    this.retryable = options.retryable ?? false
  }
}

/** The class of one code. */
export interface ErrorClass<Code extends string> {
  new (
    message: string,
    details?: RefusalDetails,
    options?: { readonly cause?: unknown },
  ): StoreError & { readonly code: Code }
  readonly code: Code
}

const classes = new Map<string, ErrorClass<string>>()

/** Defines the class of one code and registers it, so that refusals with this code become it. One code, one class. */
export const defineError = <Code extends string>(
  name: string,
  code: Code,
  { retryable }: { retryable: boolean },
): ErrorClass<Code> => {
  const Defined = class extends StoreError {
    static readonly code = code
    declare readonly code: Code
    constructor(message: string, details: RefusalDetails = {}, options: { readonly cause?: unknown } = {}) {
      super(code, message, details, { retryable, ...options })
      this.name = name
    }
  }
  if (classes.has(code)) throw new TypeError(`error code ${code} is defined twice`)
  classes.set(code, Defined)
  return Defined
}

const final = { retryable: false }
const retryable = { retryable: true }

/** The typed error of a refusal, wherever it was made: a thread, a socket, a trigger. */
export const errorOf = (refusal: Refusal, options: { readonly cause?: unknown } = {}): StoreError => {
  const Known = classes.get(refusal.code)
  return Known
    ? new Known(refusal.message, refusal.details, options)
    : new StoreError(refusal.code, refusal.message, refusal.details, options)
}

/** The refusal that says what `error` says, so that it can cross a thread. */
export const refusalOf = (error: StoreError): Refusal => ({
  code: error.code,
  message: error.message,
  details: error.details,
})

/** Every code that has a class. A test provokes each. */
export const errorCodes = (): readonly string[] => [...classes.keys()].sort()

// Input: refused at the edge, before anything is written

/** An argument is out of its range or of the wrong shape. */
export const InvalidInputError: ErrorClass<'input.invalid'> = defineError('InvalidInputError', 'input.invalid', final)
/** Text holds a NUL or a lone surrogate: no engine can give it back unchanged. */
export const InvalidTextError: ErrorClass<'input.invalid_text'> = defineError(
  'InvalidTextError',
  'input.invalid_text',
  final,
)
/** A payload is over its limit. `details`: `bytes`, `limitBytes`. */
export const PayloadTooLargeError: ErrorClass<'input.too_large'> = defineError(
  'PayloadTooLargeError',
  'input.too_large',
  final,
)

// Tasks and work items

/** No such task for this tenant. */
export const TaskNotFoundError: ErrorClass<'task.not_found'> = defineError('TaskNotFoundError', 'task.not_found', final)
/** A task of this id exists with another type or input. */
export const TaskConflictError: ErrorClass<'task.conflict'> = defineError('TaskConflictError', 'task.conflict', final)
/** The task has ended, or is being cancelled: it takes no new work. */
export const TaskNotActiveError: ErrorClass<'task.not_active'> = defineError(
  'TaskNotActiveError',
  'task.not_active',
  final,
)
/** No task definition of this name is registered. */
export const UnknownTaskTypeError: ErrorClass<'task.unknown_type'> = defineError(
  'UnknownTaskTypeError',
  'task.unknown_type',
  final,
)
/** The task's row may be written at its two ends only. */
export const TaskFrozenError: ErrorClass<'task.already_terminal'> = defineError(
  'TaskFrozenError',
  'task.already_terminal',
  final,
)
/** No such work item for this tenant. */
export const WorkItemNotFoundError: ErrorClass<'work_item.not_found'> = defineError(
  'WorkItemNotFoundError',
  'work_item.not_found',
  final,
)
/** The item has ended; the first terminal state stands. `details`: `state`. */
export const AlreadyTerminalError: ErrorClass<'work_item.already_terminal'> = defineError(
  'AlreadyTerminalError',
  'work_item.already_terminal',
  final,
)
/** The item may not go from its state to the one asked for. */
export const IllegalTransitionError: ErrorClass<'work_item.illegal_transition'> = defineError(
  'IllegalTransitionError',
  'work_item.illegal_transition',
  final,
)
/** An item of this id exists with another type or input. */
export const WorkItemConflictError: ErrorClass<'work_item.conflict'> = defineError(
  'WorkItemConflictError',
  'work_item.conflict',
  final,
)

// Leases

/** The lease ended before this write, so someone else may own the item now. Stop working on it. `details`: `heldToken`, `currentToken`. */
export const LeaseLostError: ErrorClass<'lease.lost'> = defineError('LeaseLostError', 'lease.lost', final)
/** The lease ran out before this heartbeat. Nobody has taken the item yet; it may still be completed, not extended. */
export const LeaseExpiredError: ErrorClass<'lease.expired'> = defineError('LeaseExpiredError', 'lease.expired', final)

// Checkpoints

export const CheckpointNotFoundError: ErrorClass<'checkpoint.not_found'> = defineError(
  'CheckpointNotFoundError',
  'checkpoint.not_found',
  final,
)
/** A checkpoint of this id exists with another item or content. */
export const CheckpointConflictError: ErrorClass<'checkpoint.conflict'> = defineError(
  'CheckpointConflictError',
  'checkpoint.conflict',
  final,
)
/** The snapshot is over the limit. `details`: `bytes`, `limitBytes`. */
export const CheckpointTooLargeError: ErrorClass<'checkpoint.too_large'> = defineError(
  'CheckpointTooLargeError',
  'checkpoint.too_large',
  final,
)
/** Its evidence doesn't hold, or it has none to check. */
export const CheckpointNotVerifiedError: ErrorClass<'checkpoint.not_verified'> = defineError(
  'CheckpointNotVerifiedError',
  'checkpoint.not_verified',
  final,
)
/** Retention must keep it: the last verified of its type, a step's result, or what a live item would replay. */
export const CheckpointProtectedError: ErrorClass<'checkpoint.protected'> = defineError(
  'CheckpointProtectedError',
  'checkpoint.protected',
  final,
)
/** An append-only row was about to be changed. */
export const CheckpointFrozenError: ErrorClass<'checkpoint.append_only'> = defineError(
  'CheckpointFrozenError',
  'checkpoint.append_only',
  final,
)

// Idempotency

/** The key was used for another request. `details`: `requestHash`. */
export const IdempotencyConflictError: ErrorClass<'idempotency.conflict'> = defineError(
  'IdempotencyConflictError',
  'idempotency.conflict',
  final,
)
/** The key's owner still works on it. `details`: `leaseExpiresAtMs`. */
export const IdempotencyInProgressError: ErrorClass<'idempotency.in_progress'> = defineError(
  'IdempotencyInProgressError',
  'idempotency.in_progress',
  retryable,
)
/** Somebody took the key over, or it has expired and gone. `details`: `heldToken`, `currentToken`. */
export const IdempotencyLostError: ErrorClass<'idempotency.lost'> = defineError(
  'IdempotencyLostError',
  'idempotency.lost',
  final,
)
export const IdempotencyKeyNotFoundError: ErrorClass<'idempotency.not_found'> = defineError(
  'IdempotencyKeyNotFoundError',
  'idempotency.not_found',
  final,
)
/** The key has its answer; the first one stands. */
export const IdempotencyCompletedError: ErrorClass<'idempotency.already_completed'> = defineError(
  'IdempotencyCompletedError',
  'idempotency.already_completed',
  final,
)

// Journal and retention

/** The position asked for is older than the oldest row kept. `details`: `oldestPosition`. */
export const PositionExpiredError: ErrorClass<'events.position_expired'> = defineError(
  'PositionExpiredError',
  'events.position_expired',
  final,
)
/** A protected row was about to be deleted without a permit. */
export const RetentionNotPermittedError: ErrorClass<'retention.not_permitted'> = defineError(
  'RetentionNotPermittedError',
  'retention.not_permitted',
  final,
)

// The store as a whole

/** The write lock stayed taken past `lockWaitMs`. Nothing was written. */
export const StoreBusyError: ErrorClass<'store.busy'> = defineError('StoreBusyError', 'store.busy', retryable)
/** The writer's queue is full. Nothing was written. */
export const StoreOverloadedError: ErrorClass<'store.overloaded'> = defineError(
  'StoreOverloadedError',
  'store.overloaded',
  retryable,
)
/** The readers' queue is full. */
export const ReadersExhaustedError: ErrorClass<'store.readers_exhausted'> = defineError(
  'ReadersExhaustedError',
  'store.readers_exhausted',
  retryable,
)
/** It waited longer than its limit and was withdrawn before it ran. Nothing was written. */
export const StoreTimeoutError: ErrorClass<'store.timeout'> = defineError(
  'StoreTimeoutError',
  'store.timeout',
  retryable,
)
/** The store is closed or closing; what had not begun was not run. */
export const StoreClosedError: ErrorClass<'store.closed'> = defineError('StoreClosedError', 'store.closed', final)
/** Nobody knows whether the commit landed. Look before you repeat: the same ids make a repeat harmless. */
export const OutcomeUnknownError: ErrorClass<'store.outcome_unknown'> = defineError(
  'OutcomeUnknownError',
  'store.outcome_unknown',
  retryable,
)
/** A thread of the store died with this read in its hands, and is started again. Ask again. */
export const ThreadDiedError: ErrorClass<'store.thread_died'> = defineError(
  'ThreadDiedError',
  'store.thread_died',
  retryable,
)
/** No space left. Nothing was written; reads go on. */
export const DiskFullError: ErrorClass<'store.disk_full'> = defineError('DiskFullError', 'store.disk_full', retryable)
/** The disk failed a read, a write or a sync. */
export const StoreIoError: ErrorClass<'store.io'> = defineError('StoreIoError', 'store.io', retryable)
/** The database had no memory left, or was told to stop, in the middle of a statement. Nothing was written. */
export const StoreInterruptedError: ErrorClass<'store.interrupted'> = defineError(
  'StoreInterruptedError',
  'store.interrupted',
  retryable,
)
/** The file's pages contradict each other. Stop, and restore from a backup. */
export const StoreCorruptError: ErrorClass<'store.corrupt'> = defineError('StoreCorruptError', 'store.corrupt', final)
/** The file is something else, or empty. It was not touched. */
export const NotADatabaseError: ErrorClass<'store.not_a_database'> = defineError(
  'NotADatabaseError',
  'store.not_a_database',
  final,
)
/** There is no file at this path, and it was not to be created. */
export const StoreMissingError: ErrorClass<'store.missing'> = defineError('StoreMissingError', 'store.missing', final)
/** The file or its folder can't be written, or not be read at all. */
export const StoreReadOnlyError: ErrorClass<'store.read_only'> = defineError(
  'StoreReadOnlyError',
  'store.read_only',
  final,
)
/** A newer Holdfast made this file. `details`: `scope`, `found`, `supported`. */
export const NewerSchemaError: ErrorClass<'store.newer_schema'> = defineError(
  'NewerSchemaError',
  'store.newer_schema',
  final,
)
/** A migration that this file has already had reads differently now. */
export const MigrationChangedError: ErrorClass<'store.migration_changed'> = defineError(
  'MigrationChangedError',
  'store.migration_changed',
  final,
)
/** The file was made at another durability level. `details`: `found`, `asked`. */
export const DurabilityMismatchError: ErrorClass<'store.durability_mismatch'> = defineError(
  'DurabilityMismatchError',
  'store.durability_mismatch',
  final,
)
/** A setting was asked for and another was read back. `details`: `pragma`, `asked`, `found`. */
export const SettingRefusedError: ErrorClass<'store.setting_refused'> = defineError(
  'SettingRefusedError',
  'store.setting_refused',
  final,
)
/** The file at this path was replaced while it was being opened: a backup was restored. Open it again. */
export const StoreReplacedError: ErrorClass<'store.replaced'> = defineError(
  'StoreReplacedError',
  'store.replaced',
  retryable,
)
/**
 * What this process has open is no longer the database at this path: its locks, the WAL or the file were taken from it.
 * It reads and writes nothing more. `details`: `lost`.
 */
export const StoreDetachedError: ErrorClass<'store.detached'> = defineError(
  'StoreDetachedError',
  'store.detached',
  final,
)
/** Network file systems, remote URLs and runtimes on which the promises can't hold. */
export const UnsupportedStoreError: ErrorClass<'store.unsupported'> = defineError(
  'UnsupportedStoreError',
  'store.unsupported',
  final,
)

// Backups

/** Something has the name that the backup was to get. It was not touched. */
export const BackupTakenError: ErrorClass<'backup.target_taken'> = defineError(
  'BackupTakenError',
  'backup.target_taken',
  final,
)
/** A name that can be no target: a file beside a database, a folder, a device, a link to nothing, the backup itself. */
export const BackupTargetError: ErrorClass<'backup.target_refused'> = defineError(
  'BackupTargetError',
  'backup.target_refused',
  final,
)
/** The path leads out of the folder that it was confined to. Nothing there was opened. `details`: `within`. */
export const BackupOutsideError: ErrorClass<'backup.outside'> = defineError(
  'BackupOutsideError',
  'backup.outside',
  final,
)
/** A write-ahead log or a journal lies beside the file: a database in use, or what a crash left, and no backup. */
export const BackupNotClosedError: ErrorClass<'backup.not_closed'> = defineError(
  'BackupNotClosedError',
  'backup.not_closed',
  final,
)
/** The copy contradicts itself. `details`: `findings`. Nothing was put in its place. */
export const BackupNotSoundError: ErrorClass<'backup.not_sound'> = defineError(
  'BackupNotSoundError',
  'backup.not_sound',
  final,
)
/** The process that did the work ended in the middle of it. What it was to replace is untouched. */
export const BackupInterruptedError: ErrorClass<'backup.interrupted'> = defineError(
  'BackupInterruptedError',
  'backup.interrupted',
  retryable,
)
/** A process has the file open that was to be replaced. `details`: `processId` where it is one of ours. */
export const RestoreInUseError: ErrorClass<'restore.in_use'> = defineError('RestoreInUseError', 'restore.in_use', final)

// The packages around the store

/** The engine has no binding for this operation. */
export const OperationUnknownError: ErrorClass<'store.operation_unknown'> = defineError(
  'OperationUnknownError',
  'store.operation_unknown',
  final,
)
/** Two modules bind one operation. */
export const OperationTwiceError: ErrorClass<'store.operation_twice'> = defineError(
  'OperationTwiceError',
  'store.operation_twice',
  final,
)
/** The transaction is not on a connection that this store handed out. */
export const ForeignConnectionError: ErrorClass<'store.foreign_connection'> = defineError(
  'ForeignConnectionError',
  'store.foreign_connection',
  final,
)
/** The database refused a row by a CHECK, a key or a type. */
export const ConstraintError: ErrorClass<'store.constraint'> = defineError('ConstraintError', 'store.constraint', final)
/** A statement that the facade doesn't let through (`wal_checkpoint`, a nested transaction). */
export const StatementRefusedError: ErrorClass<'store.statement_refused'> = defineError(
  'StatementRefusedError',
  'store.statement_refused',
  final,
)
/** There is no SQLite driver of this name. */
export const DriverUnknownError: ErrorClass<'driver.unknown'> = defineError(
  'DriverUnknownError',
  'driver.unknown',
  final,
)
/** The driver package isn't installed, or this Node can't run it. */
export const DriverMissingError: ErrorClass<'driver.missing'> = defineError(
  'DriverMissingError',
  'driver.missing',
  final,
)
/** A second copy of a SQLite library would open the same file in this process; two copies don't exclude each other. */
export const DriverDuplicateError: ErrorClass<'driver.duplicate'> = defineError(
  'DriverDuplicateError',
  'driver.duplicate',
  final,
)
/** This build of the driver answers otherwise than the store needs. `details`: `expectation`, `expected`, `found`. */
export const DriverUnfitError: ErrorClass<'driver.unfit'> = defineError('DriverUnfitError', 'driver.unfit', final)
/** Cannot happen. A defect of Holdfast: never retried. */
export const InvariantError: ErrorClass<'store.invariant'> = defineError('InvariantError', 'store.invariant', final)
