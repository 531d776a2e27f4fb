import { setTimeout as sleep } from 'node:timers/promises'
import { nowMs } from '../support/clock.mjs'
import { onEmptyQueue } from '../support/measurement.mjs'

const JOBS = 100
const PATIENCE_MS = 60_000
const SETTLE_MS = 1_000
const LOOK_MS = 10

/**
 * A worker that runs 100 jobs is killed with SIGKILL while another one is idle: how long until that one runs them all.
 *
 * Nearly all of it is waiting, so all peers are killed at the same time.
 */
export const kill = {
  name: 'kill',
  title: 'kill -9 of a worker with 100 jobs, defaults, another worker alive: until all run again',
  unit: 's',
  lowerIsBetter: true,
  atOnce: true,
  rounds: 1,
  asShippedOnly: true,
  measure: (subject, { killSeconds }) =>
    onEmptyQueue({ ...subject, capMs: killSeconds * 1_000 + 180_000 }, async ({ start }) => {
      const producer = await start()
      const victim = await start()
      const rescuer = await start()
      await producer.ask('fill', { count: JOBS })
      await victim.ask('work', { concurrency: JOBS, holds: true })
      const held = await distinctUntil(victim, PATIENCE_MS)
      if (held < JOBS) throw new Error(`only ${held} of ${JOBS} jobs began before the kill`)
      await rescuer.ask('work', { concurrency: JOBS, holds: true })
      await sleep(SETTLE_MS)

      const killedAtMs = nowMs()
      await victim.kill()
      const again = await distinctUntil(rescuer, killSeconds * 1_000)
      if (again === JOBS) return { value: ((await rescuer.ask('progress')).lastMs - killedAtMs) / 1_000 }
      return { beyond: killSeconds, note: again === 0 ? undefined : `${again} of ${JOBS} by then` }
    }),
}

/** How many different jobs a worker has begun, once that is all of them or the time is up. */
const distinctUntil = async (worker, ms) => {
  const giveUpAt = performance.now() + ms
  for (;;) {
    const { distinct } = await worker.ask('progress')
    if (distinct === JOBS || performance.now() > giveUpAt) return distinct
    await sleep(LOOK_MS)
  }
}
