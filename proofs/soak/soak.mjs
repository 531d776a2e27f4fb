import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { httpClient, isAcknowledged } from '../storm/http-client.mjs'
import { startFleet } from '../storm/programs.mjs'

const CONFIG = join(import.meta.dirname, 'holdfast.config.mjs')
const CALLERS = 16
const LOOK_MS = 1_000
/** What a caller sends: a kilobyte. */
const INPUT = { text: 'x'.repeat(1_000) }

/**
 * API and worker at half of what they can do, for a long time.
 *
 * @param {{ folder: string, peakSeconds: number, seconds: number, nodeArgs?: readonly string[], onLook?: (atMs: number) => void }} options
 * `peakSeconds`: for how long they do what they can, first.
 * @returns What each process took over time, what went wrong, and how fast it went.
 */
export const soak = async ({ folder, peakSeconds, seconds, nodeArgs = [], onLook = () => {} }) => {
  const fleet = startFleet({ folder, config: CONFIG, workers: 1, nodeArgs, env: { HOLDFAST_LOG_LEVEL: 'info' } })
  try {
    await fleet.ready()
    const client = httpClient(fleet.apis[0])
    const peak = await callFor(client, { seconds: peakSeconds, perSecond: Number.POSITIVE_INFINITY })
    const perSecond = peak.answered / peakSeconds / 2
    const looking = lookAgainAndAgain(fleet, onLook)
    const soaked = await callFor(client, { seconds, perSecond })
    const looks = looking.end()
    await untilWorked(client, peak.answered + soaked.answered)
    const stopped = await fleet.stop()
    return { looks, perSecond, answered: soaked.answered, refusals: [...peak.refusals, ...soaked.refusals, ...stopped] }
  } finally {
    await fleet.kill()
  }
}

/** Callers who submit, each its share of `perSecond`, and look at what they submitted. */
const callFor = async (client, { seconds, perSecond }) => {
  const untilMs = performance.now() + seconds * 1_000
  const everyMs = (CALLERS * 1_000) / perSecond
  const refusals = []
  let answered = 0
  const call = async () => {
    const answer = await client.post('/v1/tasks', { type: 'soaked', input: INPUT })
    const seen = isAcknowledged(answer) ? await client.get(`/v1/tasks/${answer.json().id}`) : answer
    if (isAcknowledged(seen)) answered += 1
    else refusals.push({ what: `a caller was answered ${seen?.status ?? 'nothing'}`, text: seen?.text })
  }
  const caller = async () => {
    for (
      let nextMs = performance.now();
      performance.now() < untilMs;
      nextMs = Math.max(nextMs, performance.now() - everyMs)
    ) {
      await call()
      nextMs += everyMs
      await sleep(Math.max(0, nextMs - performance.now()))
    }
  }
  await Promise.all(Array.from({ length: CALLERS }, caller))
  return { answered, refusals }
}

const PATIENCE_MS = 120_000

/** Until the worker has ended all that was submitted. */
const untilWorked = async (client, count) => {
  const untilMs = performance.now() + PATIENCE_MS
  while (performance.now() < untilMs) {
    const active = await client.get('/v1/tasks?state=active&limit=1')
    if (active?.json().tasks.length === 0) return
    await sleep(100)
  }
  throw new Error(`of ${count} tasks, not all were ended ${PATIENCE_MS} ms after the last was submitted`)
}

/** Notes what each process takes, once a second. */
const lookAgainAndAgain = (fleet, onLook) => {
  const startedMs = performance.now()
  const looks = { api: [], worker: [] }
  const timer = setInterval(() => {
    const atMs = performance.now() - startedMs
    looks.api.push({ atMs, ...takenBy(fleet.apis[0].pid) })
    looks.worker.push({ atMs, ...takenBy(fleet.workers[0].pid) })
    onLook(atMs)
  }, LOOK_MS)
  return {
    end: () => {
      clearInterval(timer)
      return looks
    },
  }
}

/** What Linux says of a process: its memory in bytes, and its open files. */
const takenBy = (pid) => {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return {
    bytes: Number(/VmRSS:\s+(\d+) kB/.exec(status)[1]) * 1_024,
    files: readdirSync(`/proc/${pid}/fd`).length,
  }
}
