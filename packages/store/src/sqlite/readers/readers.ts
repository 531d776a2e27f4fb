import type { Verdict } from '../../operation.js'
import type { Submission } from '../group.js'

/** Whoever runs reads: the caller's own connection, or a few threads. */
export interface Readers {
  /**
   * Runs one read on a connection that can't write. It sees everything that was acknowledged before it was submitted.
   * Never rejects: an error is a refusal with its code.
   */
  read(submission: Submission): Promise<Verdict<unknown>>

  /** Finishes what was taken, and lets go of the connections. */
  close(): Promise<void>
}
