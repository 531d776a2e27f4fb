// Task definitions
export {
  defineTask,
  isTaskDefinition,
  type AnyTaskDefinition,
  type ParsedInput,
  type Returnable,
  type StoredOutput,
  type SubmittedInput,
  type TaskDefinition,
  type TaskOptions,
} from './task-definition.js'
export { TaskRegistry, type ClaimLane } from './task-registry.js'
export { DEFAULT_RETRY, nextAttemptAtMs, type RetryPolicy } from './backoff.js'

// Inside a task
export type { CheckpointOptions, TaskContext } from './task-context.js'
export type { OwnCheckpointType, ResumePoint } from './resume-point.js'
export type { SpawnRequest, SpawnRequests, Spawned } from './fan-out.js'

// Submitting
export { submitTask, submitUnknown, type SubmitOptions, type SubmittedTaskAnswer } from './submit.js'

// Running
export { createWorker } from './worker/create-worker.js'
export type { Worker, WorkerMetrics } from './worker/worker.js'
export type { WorkerOptions } from './worker/worker-options.js'
export type { AttemptRef, WorkerEvent } from './worker/worker-event.js'
export type { Failure } from './failure.js'
export {
  createRetention,
  type Retention,
  type RetentionOptions,
  type RetentionPass,
  type RetentionPolicy,
} from './retention/retention.js'
export { createSweeper, type Sweeper, type SweeperOptions, type SweeperStatistics } from './sweep/sweeper.js'
export type { Scan, ScanError } from './sweep/scan.js'
export { createProcess, type RegisteredProcess, type RegisteredProcessOptions } from './process/registered-process.js'
export { systemTimers, type Timers } from './timers.js'
export type { EngineStore } from './engine-store.js'

// Configuration
export { defineConfig, type Config, type ConfigModule, type ConfigRetention } from './config/define-config.js'
export { loadConfig, type LoadedConfig } from './config/load-config.js'
export { LOG_LEVELS, redactUrl, resolveSettings, type LogLevel, type Settings } from './config/settings.js'

// Errors
export {
  CancelledError,
  ConfigInvalidError,
  ConfigNotFoundError,
  DeadlineExceededError,
  InvalidTaskInputError,
  InvalidTaskOutputError,
  NonRetryableError,
  ShutdownError,
  TimeoutError,
  engineErrorCodes,
} from './errors.js'
