// Recording what was called and answered
export {
  answerOfError,
  answerOfRefusal,
  recordHistory,
  type HistoryRecorder,
  type RecordHistoryOptions,
} from './recorder.js'
export { recordedFetch } from './recorded-fetch.js'
export { recordedStore, recordedSubmits } from './recorded-store.js'
export { readHistory } from './history-file.js'
export {
  describeOperation,
  type Answer,
  type Call,
  type GrantedLease,
  type RecordedOperation,
  type Told,
} from './operation.js'

// What is left
export {
  readFinalState,
  type FinalEvent,
  type FinalItem,
  type FinalKey,
  type FinalState,
} from './final-state.js'

// Checking
export { checkHistory, type HistoryVerdict } from './check-history.js'
export { journalDefects } from './journal-rules.js'
export { contradictions, type Timed } from './real-time-order.js'
export { HISTORY_RULES, describeViolation, type HistoryRule, type Violation } from './violation.js'
