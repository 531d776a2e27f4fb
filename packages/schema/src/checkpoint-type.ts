/**
 * What a checkpoint marks. `error_boundary` is the only one that the sweep writes; every other one is written by the
 * item's owner under its lease.
 */
export const CHECKPOINT_TYPES = [
  'iteration_start',
  'iteration_end',
  'tool_executed',
  'llm_response',
  'approval_point',
  'state_transition',
  'manual_checkpoint',
  'error_boundary',
] as const
export type CheckpointType = (typeof CHECKPOINT_TYPES)[number]

/** What a verification found. Verifications are rows of their own: a checkpoint is never rewritten. */
export const VERIFICATION_OUTCOMES = ['verified', 'invalid'] as const
export type VerificationOutcome = (typeof VERIFICATION_OUTCOMES)[number]

/** How a stored payload is written. `json`: text that the database itself has checked. Others: base64 of a codec's bytes. */
export const JSON_ENCODING = 'json'
