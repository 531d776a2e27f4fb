import type { GroupOutcome, Submission } from '../group.js'

/** Whoever owns the write connection: a thread, or the caller's own. Runs one group after the other, in order. */
export interface Writer {
  /** How many groups it takes at a time: the one it runs, and those behind it. One unless said. */
  readonly depth?: number

  /** Resolves when it can take a group; later than at once only while its thread is being started again. */
  ready(): Promise<void>

  /**
   * Runs a group after those it has already. Never rejects: what can't be known is answered `store.outcome_unknown`,
   * operation by operation. What it says has not run is the caller's again, and everything that it was given after that
   * comes back as well: nothing overtakes.
   */
  run(group: readonly Submission[]): Promise<GroupOutcome>

  /** Lets go of the connection. Nothing may be running. */
  close(): Promise<void>
}
