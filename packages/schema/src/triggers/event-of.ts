import { oneOf } from '../predicates.js'
import { TERMINAL_STATES, type TransitionReason } from '../work-state.js'

const EXPIRED = ['expired', 'process_dead'] as const satisfies readonly TransitionReason[]

/** The journal's word for a change of state, over OLD and NEW. A scheduled item that falls due has none: time passed. */
export const eventTypeOfChange = `CASE
      WHEN NEW.state = 'running' THEN 'lease.claimed'
      WHEN NEW.state = 'waiting' THEN 'item.waiting'
      WHEN ${oneOf('NEW.state', TERMINAL_STATES)} THEN 'item.' || NEW.state
      WHEN OLD.state = 'waiting' THEN 'item.resumed'
      WHEN OLD.state = 'pending' THEN 'item.rescheduled'
      WHEN NEW.reason = 'retry' THEN 'item.retried'
      WHEN ${oneOf('NEW.reason', EXPIRED)} THEN 'lease.expired'
      ELSE 'lease.released'
    END`

/** True for the changes that make a journal row: every change of state but `scheduled` to `pending`. */
export const isJournalled = `NEW.state <> OLD.state and not (OLD.state = 'scheduled' and NEW.state = 'pending')`
