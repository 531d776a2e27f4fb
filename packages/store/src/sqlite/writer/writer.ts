import type { GroupOutcome, Submission } from '../group.js'

/** Whoever owns the write connection: a thread, or the caller's own. Runs one group at a time. */
export interface Writer {
  /** Resolves when it can take a group; later than at once only while its thread is being started again. */
  ready(): Promise<void>

  /**
   * Runs a group. Never rejects: what can't be known is answered `store.outcome_unknown`, operation by operation.
   * The caller waits for one group's outcome before it hands over the next.
   */
  run(group: readonly Submission[]): Promise<GroupOutcome>

  /** Lets go of the connection. Nothing may be running. */
  close(): Promise<void>
}
