import type { Connection } from '../connection.js'
import type { GroupOutcome } from '../group.js'
import type { Ringer } from './ringer.js'
import { takeWorkMark } from './work-mark.js'

/**
 * Rings once for a group that made work claimable. Before its answer: when a submission resolves, the bell has rung.
 *
 * @returns the outcome, which says whether there is something to hear for those who wait in this process.
 */
export const ringAfter = (outcome: GroupOutcome, { db }: Pick<Connection, 'db'>, ringer?: Ringer): GroupOutcome => {
  if (!takeWorkMark(db)) return outcome
  ringer?.ring()
  return { ...outcome, madeWork: true }
}
