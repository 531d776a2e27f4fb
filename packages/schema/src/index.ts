// States and the moves between them
export {
  INITIAL_STATES,
  LEGAL_TRANSITIONS,
  OPEN_STATES,
  TERMINAL_STATES,
  TRANSITION_REASONS,
  WAITING_REASONS,
  WORK_STATES,
  isTerminal,
  type InitialState,
  type OpenState,
  type TerminalState,
  type TransitionReason,
  type WaitingReason,
  type WorkState,
} from './work-state.js'
export {
  FAILURE_POLICIES,
  TASK_STATES,
  TERMINAL_TASK_STATES,
  type FailurePolicy,
  type TaskState,
  type TerminalTaskState,
} from './task-state.js'
export { IDEMPOTENCY_STATES, type IdempotencyState } from './idempotency-state.js'
export { PROCESS_KINDS, PROCESS_STATES, type ProcessKind, type ProcessState } from './process-state.js'

// Records
export {
  CHECKPOINT_TYPES,
  JSON_ENCODING,
  VERIFICATION_OUTCOMES,
  type CheckpointType,
  type VerificationOutcome,
} from './checkpoint-type.js'
export { EVENT_TYPES, type EventType } from './event-type.js'

// Promises of the file
export { DURABILITY_LEVELS, type DurabilityLevel } from './durability.js'
export { REFUSAL_CODES, type RefusalCode } from './refusal-code.js'
export { PERMIT_KINDS, type PermitKind } from './retention.js'
