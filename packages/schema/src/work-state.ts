/**
 * Every state a work item can be in, in lifecycle order.
 *
 * ```
 *   scheduled ──due──▶ pending ──claim──▶ running ──complete──▶ completed
 *       ▲                 ▲ ▲               │ │ └────fail──────▶ failed
 *       └──retry later────┼─┼───────────────┘ └──wait──▶ waiting ──┐
 *                         │ └── release, retry, expiry, dead owner │
 *                         └────────────────────────────────────────┘
 *   every state that is not terminal ──cancel──▶ cancelled
 * ```
 *
 * `scheduled`: its time has not come. `waiting`: held back for a {@link WaitingReason}, by no worker.
 */
export const WORK_STATES = ['scheduled', 'pending', 'running', 'waiting', 'completed', 'failed', 'cancelled'] as const
export type WorkState = (typeof WORK_STATES)[number]

/** States with no way out. The first one written wins; the triggers hold the line. */
export const TERMINAL_STATES = ['completed', 'failed', 'cancelled'] as const satisfies readonly WorkState[]
export type TerminalState = (typeof TERMINAL_STATES)[number]

/** States that still have work ahead of them. */
export const OPEN_STATES = ['scheduled', 'pending', 'running', 'waiting'] as const satisfies readonly WorkState[]
export type OpenState = (typeof OPEN_STATES)[number]

/** States in which a row may be inserted: nobody can be born running or finished. */
export const INITIAL_STATES = ['scheduled', 'pending', 'waiting'] as const satisfies readonly WorkState[]
export type InitialState = (typeof INITIAL_STATES)[number]

/** Where each state may go. Only a lease leads to `completed`; terminal states lead nowhere. */
export const LEGAL_TRANSITIONS = {
  scheduled: ['pending', 'waiting', 'failed', 'cancelled'],
  pending: ['running', 'scheduled', 'waiting', 'failed', 'cancelled'],
  running: ['pending', 'scheduled', 'waiting', 'completed', 'failed', 'cancelled'],
  waiting: ['pending', 'scheduled', 'failed', 'cancelled'],
  completed: [],
  failed: [],
  cancelled: [],
} as const satisfies Record<WorkState, readonly WorkState[]>

/** Why an item is `waiting`. */
export const WAITING_REASONS = ['signal', 'child', 'decision', 'limit', 'queue_paused'] as const
export type WaitingReason = (typeof WAITING_REASONS)[number]

/**
 * Why an item last changed state, set by the statement that changed it and copied into its journal.
 *
 * `released`, `retry` and `ahead_returned` come from the owner; `expired`, `process_dead`, `cancelled` and
 * `deadline` are revocations by somebody else.
 */
export const TRANSITION_REASONS = [
  'enqueued',
  'due',
  'claimed',
  'completed',
  'failed',
  'retry',
  'released',
  'ahead_returned',
  'expired',
  'process_dead',
  'cancelled',
  'deadline',
  'waiting',
  'resumed',
] as const
export type TransitionReason = (typeof TRANSITION_REASONS)[number]

/** True when `state` has no way out. */
export const isTerminal = (state: WorkState): state is TerminalState =>
  (TERMINAL_STATES as readonly WorkState[]).includes(state)
