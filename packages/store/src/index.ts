// The store, and what users call on it
export type {
  EngineName,
  FileCheck,
  Store,
  StoreEngine,
  StoreInfo,
  StoreMetrics,
  StoreWarning,
  WriteTrouble,
} from './store.js'
export { LEASE_THREAD_SUFFIX, type Liveness, type ProcessLiveness } from './liveness.js'
export { repositories, type Repositories } from './repositories/index.js'
export type { RepositoryOptions, TenantOption } from './repositories/context.js'
export type { ListTasks, SubmitTask, Submitted, Task, Tasks } from './repositories/tasks.js'
export type { ListWorkItems, SpawnItem, WorkItem, WorkItems } from './repositories/work-items.js'
export type { NewItem } from './repositories/new-item.js'
export type { Claim, FailOptions, HeldLease, Leases, ReleaseOptions, Released } from './repositories/leases.js'
export type { Checkpoint, Checkpoints, NewCheckpoint } from './repositories/checkpoints.js'
export type { CheckOrCreate, IdempotencyKeys, KeyClaim, KeyEntry } from './repositories/idempotency.js'
export type { Event, Events } from './repositories/events.js'
export type { NewProcess, Processes } from './repositories/processes.js'
export type { Retention } from './repositories/retention.js'
export type { RecoverExpired, RecoverOptions, RecoverProcess, Sweep } from './repositories/sweep.js'

// The vocabulary, said once in @holdfast/schema
export {
  CHECKPOINT_TYPES,
  DURABILITY_LEVELS,
  EVENT_TYPES,
  FAILURE_POLICIES,
  TASK_STATES,
  TERMINAL_TASK_STATES,
  VERIFICATION_OUTCOMES,
  WORK_STATES,
  isTerminal,
  type CheckpointType,
  type DurabilityLevel,
  type EventType,
  type FailurePolicy,
  type ProcessKind,
  type TaskState,
  type TransitionReason,
  type VerificationOutcome,
  type WaitingReason,
  type WorkState,
} from '@holdfast/schema'

// Operations and their answers
export {
  granted,
  operation,
  query,
  refused,
  type Operation,
  type Refusal,
  type RefusalDetails,
  type Submits,
  type Verdict,
} from './operation.js'
export type { Wire } from './wire.js'

// The promises, one noun each
export {
  cancelTask,
  getTask,
  listTasks,
  submitTask,
  type CancelTaskArgs,
  type CancelledTask,
  type ListTasksArgs,
  type SubmitTaskArgs,
  type SubmittedTask,
  type TaskRecord,
} from './tasks.js'
export {
  countWorkItems,
  getWorkItem,
  listWorkItems,
  spawnWorkItems,
  type LeaseRef,
  type ListWorkItemsArgs,
  type NewWorkItem,
  type SpawnArgs,
  type WorkItemCounts,
  type WorkItemRecord,
} from './work-items.js'
export {
  claim,
  complete,
  completeAll,
  fail,
  heartbeat,
  leaseStatus,
  leasesOfProcess,
  peek,
  release,
  startLeases,
  type ClaimArgs,
  type CompleteAllArgs,
  type CompleteArgs,
  type Completed,
  type CompletedBatch,
  type FailArgs,
  type Failed,
  type HeartbeatArgs,
  type Lease,
  type LeaseAnswer,
  type LeaseBatchArgs,
  type LeaseStatus,
  type Peek,
  type PeekArgs,
  type ReleaseArgs,
} from './leases.js'
export {
  appendCheckpoint,
  beginCheckpoint,
  evidenceRowExists,
  getCheckpoint,
  latestCheckpoint,
  listCheckpoints,
  recordVerification,
  removeCheckpoint,
  type AppendCheckpointArgs,
  type CheckpointRecord,
  type LatestCheckpointArgs,
  type ListCheckpointsArgs,
  type RecordVerificationArgs,
} from './checkpoints.js'
export {
  checkOrCreateKey,
  completeKey,
  countKeys,
  failKey,
  forgetKey,
  getKey,
  heartbeatKey,
  type CheckOrCreateArgs,
  type KeyOutcome,
  type KeyRecord,
  type KeyRef,
  type KeyTrust,
  type SeenKey,
} from './idempotency.js'
export { appendLog, readEvents, type EventPage, type EventRecord } from './events.js'
export { heartbeatProcess, listProcesses, registerProcess, stopProcess, type ProcessRecord } from './processes.js'
export {
  continueCancellations,
  expireKeys,
  failOverdue,
  promoteDue,
  recoverExpired,
  recoverProcess,
  watchLeases,
  type RecoverExpiredArgs,
  type RecoverProcessArgs,
  type RecoveredItem,
  type Recovery,
  type SeenLease,
} from './sweep.js'
export {
  countRetirable,
  countSuperseded,
  deleteEndedProcesses,
  deleteFinishedTasks,
  pruneCheckpoints,
} from './retention.js'

// What checkpoints are verified by (the verification itself touches files: @holdfast/store/evidence)
export {
  checkEvidencePack,
  isEnough,
  judgeCommandExit,
  readPack,
  type ArtifactExists,
  type CommandExit,
  type DbRow,
  type Evidence,
  type EvidencePack,
  type EvidenceRow,
  type FileSha256,
  type Finding,
  type FindingReason,
} from './evidence.js'

// Values at the edge
export { checkInteger, checkName, checkText } from './input.js'
export { canonicalJson, requestHash, sha256, type Json } from './request-hash.js'
export { decodePayload, encodePayload, json, type PayloadCodec } from './codec.js'
export type { Payload } from './payload.js'
export { systemClock, type Clock } from './clock.js'
export { ClockWatch } from './clock-watch.js'
export { childId, uuidV7, type Ids } from './ids.js'
export type { Receipt, Receipted } from './receipt.js'
export {
  CHECKPOINTS_KEPT,
  DEFAULT_TENANT,
  HEARTBEATS_PER_LEASE,
  IDEMPOTENCY_LEASE_MS,
  IDEMPOTENCY_TTL_MS,
  LEASE_MS,
  MAX_ATTEMPTS,
  MAX_BATCH,
  MAX_LEASE_MS,
  MAX_METADATA_BYTES,
  MAX_NAME_LENGTH,
  MAX_PAGE_LIMIT,
  MAX_PAYLOAD_BYTES,
  MAX_SNAPSHOT_BYTES,
  PAGE_LIMIT,
} from './defaults.js'

// Errors
export {
  AlreadyTerminalError,
  CheckpointConflictError,
  CheckpointFrozenError,
  CheckpointNotFoundError,
  CheckpointNotVerifiedError,
  CheckpointProtectedError,
  CheckpointTooLargeError,
  ConstraintError,
  DiskFullError,
  DriverDuplicateError,
  DriverUnfitError,
  DriverMissingError,
  DriverUnknownError,
  DurabilityMismatchError,
  ForeignConnectionError,
  IdempotencyCompletedError,
  IdempotencyConflictError,
  IdempotencyInProgressError,
  IdempotencyKeyNotFoundError,
  IdempotencyLostError,
  IllegalTransitionError,
  InvalidInputError,
  InvalidTextError,
  InvariantError,
  LeaseExpiredError,
  LeaseLostError,
  MigrationChangedError,
  NewerSchemaError,
  NotADatabaseError,
  OperationTwiceError,
  OperationUnknownError,
  OutcomeUnknownError,
  PayloadTooLargeError,
  PositionExpiredError,
  ReadersExhaustedError,
  RetentionNotPermittedError,
  SettingRefusedError,
  StatementRefusedError,
  StoreBusyError,
  StoreClosedError,
  StoreCorruptError,
  StoreError,
  StoreIoError,
  StoreMissingError,
  StoreOverloadedError,
  StoreReadOnlyError,
  StoreTimeoutError,
  TaskConflictError,
  TaskFrozenError,
  TaskNotActiveError,
  TaskNotFoundError,
  ThreadDiedError,
  UnknownTaskTypeError,
  UnsupportedStoreError,
  WorkItemConflictError,
  WorkItemNotFoundError,
  defineError,
  errorCodes,
  errorOf,
  refusalOf,
  type ErrorClass,
} from './errors.js'
