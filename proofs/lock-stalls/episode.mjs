import { setTimeout as sleep } from 'node:timers/promises'

/** What a caller may be told while somebody else keeps the lock, with nothing lost and nothing unknown. */
const MAY_BE_TOLD = new Set([null, 'store.busy', 'store.timeout'])

/** Before the lock is taken, and after it is free: long enough for several calls. */
const AROUND_MS = 40

/**
 * Somebody else takes the write lock, keeps it for `holdMs`, and lets go of it, while a program's callers go on.
 *
 * @param {object} pair
 * @param {Awaited<ReturnType<typeof import('../support/asked.mjs').startAsked>>} pair.callers
 * @param {Awaited<ReturnType<typeof import('../support/asked.mjs').startAsked>>} pair.holder
 * @param {{ holdMs: number, isStopped: boolean, ends: 'COMMIT' | 'ROLLBACK', fineWithinMs: number }} episode `isStopped`:
 * the holder is stopped in its transaction meanwhile. `fineWithinMs`: by when a call that begins after the release must
 * have been answered well.
 * @returns What was seen: `recoveredMs` after the release, `gaps`, and what must not be.
 */
export const runEpisode = async ({ callers, holder }, episode) => {
  const { holdMs, isStopped, ends, fineWithinMs } = episode
  await callers.ask('begin')
  await sleep(AROUND_MS)
  const { heldAtMs } = await holder.ask('take')
  if (isStopped) holder.signal('SIGSTOP')
  await sleep(holdMs)
  if (isStopped) holder.signal('SIGCONT')
  const { releasedAtMs } = await holder.ask(ends)
  await sleep(AROUND_MS + fineWithinMs)
  const { writes, reads, gaps } = await callers.ask('report')

  const next = writes.find(({ startedMs }) => startedMs >= releasedAtMs)
  const recoveredMs = next ? next.endedMs - releasedAtMs : Number.POSITIVE_INFINITY
  const wrong = [
    [
      next?.code === null && recoveredMs <= fineWithinMs,
      `the first write after the release was ${described(next)}, after ${Math.round(recoveredMs)} ms`,
    ],
    [
      writes.every(({ code }) => MAY_BE_TOLD.has(code)),
      `a write ended with ${writes.find(({ code }) => !MAY_BE_TOLD.has(code))?.code}`,
    ],
    [
      reads.every(({ code }) => code === null),
      `a read was refused with ${reads.find(({ code }) => code !== null)?.code}`,
    ],
    [
      reads.some(({ startedMs, endedMs }) => startedMs >= heldAtMs && endedMs <= releasedAtMs),
      'no read was answered while the lock was taken',
    ],
  ]
  const violations = wrong.flatMap(([holds, what]) => (holds ? [] : [{ what, episode }]))
  return { recoveredMs, refused: writes.filter(({ code }) => code !== null).length, gaps, violations }
}

const described = (call) => (call === undefined ? 'not made' : call.code === null ? 'answered' : `told ${call.code}`)
