import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openDatabase } from '@holdfast/store/sqlite'
import { checkAcknowledged } from '../storm/check-file.mjs'
import { httpClient, isAcknowledged } from '../storm/http-client.mjs'
import { readLedger } from '../storm/ledger.mjs'
import { startFleet } from '../storm/programs.mjs'
import { jumps } from './jumps.mjs'
import { newcomerAfterAJump } from './newcomer.mjs'
import { shiftedClock } from './shifted-clock.mjs'
import { LEASE_MS } from './tasks.mjs'

const CONFIG = join(import.meta.dirname, 'holdfast.config.mjs')
/** The first of them is stopped now and then, with leases in its hands; the others live. */
const WORKERS = 3
/** Few, so that the one that wakes has room for what comes next; the others alone can still take all that lasts. */
const ITEMS_AT_ONCE = 4
const LASTING = 7
const BRIEF_EVERY_MS = 100
const POLL_MS = 50
const SETTLE_MS = 60_000
/**
 * The longest that a lease may stand without a heartbeat, by monotonic time: its length, a scan that begins to watch it,
 * a scan that finds it standing (2.4 s each at most), and room for a machine that has other things to do.
 */
export const MOST_STANDING_MS = LEASE_MS + 2 * 2_400 + 4_000
/** A brief task waits for a worker that is alive; at most, for a lease of one that isn't. */
const MOST_WAITING_MS = MOST_STANDING_MS + 6_000
const LIVING_MS = 1_500
const LOCK_FREE_MS = 1_000

/**
 * API and workers on one file, while somebody sets their clock again and again; the first time, a process begins just then.
 *
 * @param {object} options
 * @param {string} options.folder Empty.
 * @param {import('../support/random.mjs').Random} options.random
 * @param {number} options.count Jumps.
 * @param {number | null} options.holdMs How long an effect holds its key while the clock is set for the first time; null where
 * nobody is to do that.
 * @param {readonly string[]} [options.nodeArgs]
 */
export const clockStorm = async ({ folder, random, count, holdMs, nodeArgs }) => {
  const clock = shiftedClock(join(folder, 'clock'))
  const fleet = startFleet({
    folder,
    config: CONFIG,
    workers: WORKERS,
    env: { ...clock.env, HOLDFAST_CONCURRENCY: String(ITEMS_AT_ONCE) },
    ...(nodeArgs ? { nodeArgs } : {}),
  })
  try {
    await fleet.ready()
    const http = httpClient(fleet.apis[0])
    const begun = holdMs === null ? NOTHING : await newcomerAfterAJump({ fleet, clock, http, holdMs })
    if (begun.violations.length > 0) return { figures: { jumps: 1, newcomers: 1 }, violations: begun.violations }
    const over = new AbortController()
    const client = new Client(http, random)
    const sleeper = new Sleeper(fleet.workers[0], http)
    const beside = [client.keepBrief(over.signal), client.keepLasting(over.signal), sleeper.live(over.signal)]
    const made = await setAgainAndAgain(clock, random, count)
    over.abort()
    await Promise.all(beside)
    // What was put off to a time that the clock has left again is due now.
    clock.set(made.farthestMs + 60_000)
    const unended = await client.settle()
    if (unended.length > 0) await fleet.kill()
    else await fleet.stop()

    const acknowledged = {
      ...client.acknowledged,
      submissions: [...begun.acknowledged.submissions, ...client.acknowledged.submissions],
      endings: [...begun.acknowledged.endings, ...client.acknowledged.endings],
      completions: [],
      notes: readLedger(fleet.ledger),
    }
    const taken = takenFrom(fleet, sleeper)
    const frightened = robbed(fleet, sleeper, acknowledged.notes)
    return {
      figures: {
        jumps: count,
        ...made.kinds,
        newcomers: holdMs === null ? 0 : 1,
        briefTasks: client.waits.length,
        longestWaitMs: Math.round(Math.max(0, ...client.waits)),
        ...sleeper.figures,
        leasesTakenFromTheLiving: taken.length,
      },
      violations: [
        ...unended,
        ...taken,
        ...frightened.map(({ item, code }) => ({ what: `a worker that lived was told ${code}`, item })),
        ...sleeper.violations,
        ...client.waits
          .filter((waitMs) => waitMs > MOST_WAITING_MS)
          .map((waitMs) => ({ what: `a brief task took ${Math.round(waitMs)} ms while workers lived` })),
        // A key is kept for a day, by the wall clock: one that is set forwards by a day ends it.
        ...checkAcknowledged(fleet.file, acknowledged, { keysMayHaveExpired: true }),
      ],
    }
  } finally {
    await fleet.kill()
    clock.close()
  }
}

const setAgainAndAgain = async (clock, random, count) => {
  const kinds = { hour: 0, day: 0, steps: 0 }
  let left = count
  let farthestMs = 0
  for (const { byMs, kind, pauseMs } of jumps(random)) {
    clock.set(clock.offsetMs + byMs)
    farthestMs = Math.max(farthestMs, clock.offsetMs)
    kinds[kind] += 1
    left -= 1
    await sleep(pauseMs)
    if (left === 0) return { kinds, farthestMs }
  }
}

const NOTHING = { acknowledged: { submissions: [], endings: [] }, violations: [] }

/** Somebody who has work: much that is brief, and always some that outlives its leases. */
class Client {
  acknowledged = { submissions: [], cancellations: [], endings: [] }
  /** How long brief tasks took from their acknowledgement to the moment when they were seen to have ended. */
  waits = []
  #brief = new Map()
  #lasting = new Set()

  constructor(http, random) {
    this.http = http
    this.random = random
  }

  async keepBrief(over) {
    while (!over.aborted) {
      const id = await this.#submit('brief', { steps: 2, restMs: 5 })
      if (id) this.#brief.set(id, performance.now())
      await this.#look(this.#brief)
      await sleep(BRIEF_EVERY_MS)
    }
  }

  async keepLasting(over) {
    while (!over.aborted) {
      if (this.#lasting.size < LASTING) {
        const id = await this.#submit('lasting', { steps: 5, restMs: LEASE_MS / 2 })
        if (id) this.#lasting.add(id)
      }
      await this.#look(this.#lasting)
      await sleep(4 * POLL_MS)
    }
  }

  async settle() {
    const deadline = performance.now() + SETTLE_MS
    const open = () => [...this.#brief.keys(), ...this.#lasting]
    while (open().length > 0 && performance.now() < deadline) {
      await this.#look(this.#brief)
      await this.#look(this.#lasting)
      await sleep(POLL_MS)
    }
    return open().length === 0
      ? []
      : [{ what: `${open().length} tasks had not ended ${SETTLE_MS} ms after the last jump` }]
  }

  async #submit(type, rest) {
    const id = randomUUID()
    const input = { ...rest, key: id }
    if (!isAcknowledged(await this.http.post('/v1/tasks', { id, type, input }))) return undefined
    this.acknowledged.submissions.push({ task: id, type, input })
    return id
  }

  async #look(open) {
    for (const id of [...open.keys()]) {
      const answer = await this.http.get(`/v1/tasks/${id}`)
      if (answer?.status !== 200 || answer.json().state === 'active') continue
      const { state, result } = answer.json()
      this.acknowledged.endings.push({ task: id, view: { state, result } })
      if (open === this.#brief) this.waits.push(performance.now() - open.get(id))
      open.delete(id)
    }
  }
}

/** A worker that is stopped in the middle of its work, and the watch over what it held. */
class Sleeper {
  figures = { stops: 0, leasesOfTheStopped: 0, longestStandingMs: 0 }
  violations = []

  constructor(program, http) {
    this.program = program
    this.http = http
  }

  async live(over) {
    while (!over.aborted) {
      await sleep(LIVING_MS)
      await this.#sleepUntilRobbed(over)
    }
  }

  async #sleepUntilRobbed(over) {
    await this.program.ready()
    this.program.signal('SIGSTOP')
    const stoppedAt = performance.now()
    try {
      // Stopped with the write lock in its hands, it would keep everybody from writing: another matter.
      const held = await Promise.race([this.#held(), sleep(LOCK_FREE_MS)])
      if (held === undefined || !(await this.#canWrite())) return
      this.figures.stops += 1
      this.figures.leasesOfTheStopped += held.length
      await this.#watch(held, stoppedAt, over)
    } finally {
      this.program.signal('SIGCONT')
    }
  }

  /** Until they are gone; at the end of a storm there is no more time for those that still have some. */
  async #watch(held, stoppedAt, over) {
    let standing = held
    while (standing.length > 0 && !over.aborted) {
      const standingMs = performance.now() - stoppedAt
      if (standingMs > MOST_STANDING_MS) {
        this.violations.push({
          what: `${standing.length} leases of ${LEASE_MS} ms stood for ${Math.round(standingMs)} ms without a heartbeat`,
        })
        return
      }
      await sleep(POLL_MS)
      standing = await this.#stillHeld(standing)
      if (standing.length === 0)
        this.figures.longestStandingMs = Math.max(
          this.figures.longestStandingMs,
          Math.round(performance.now() - stoppedAt),
        )
    }
  }

  async #held() {
    const answer = await this.http.get('/v1/tasks?state=active&limit=100')
    if (answer?.status !== 200) return undefined
    const items = await Promise.all(answer.json().tasks.map(({ id }) => this.http.get(`/v1/items/${id}`)))
    return items
      .filter((item) => item?.status === 200)
      .map((item) => item.json())
      .filter((item) => this.#isMine(item))
      .map(({ id, fencingToken }) => ({ id, fencingToken }))
  }

  #isMine({ state, leaseOwner }) {
    return state === 'running' && leaseOwner?.endsWith(`:${this.program.pid}`)
  }

  async #stillHeld(standing) {
    const items = await Promise.all(standing.map(({ id }) => this.http.get(`/v1/items/${id}`)))
    return standing.filter((lease, at) => {
      if (items[at]?.status !== 200) return true
      const item = items[at].json()
      return this.#isMine(item) && item.fencingToken === lease.fencingToken
    })
  }

  async #canWrite() {
    const id = randomUUID()
    const written = this.http.post('/v1/tasks', { id, type: 'brief', input: { steps: 1, restMs: 0, key: id } })
    return isAcknowledged(await Promise.race([written, sleep(LOCK_FREE_MS)]))
  }
}

/** Leases that a sweep took from a worker that had never been stopped. */
const takenFrom = (fleet, sleeper) => {
  const connection = openDatabase({ path: fleet.file, role: 'reader' })
  try {
    return connection
      .prepare(
        `SELECT i.id, i.type, e.actor, e.position FROM events AS e JOIN work_items AS i ON i.seq = e.work_item_seq
         WHERE e.type = 'lease.expired' AND e.data ->> 'reason' = 'expired'`,
      )
      .all()
      .filter(({ actor }) => !actor.endsWith(`:${sleeper.program.pid}`))
      .map((row) => ({ what: 'a lease was taken from a worker that lived', ...row }))
  } finally {
    connection.close()
  }
}

/** Attempts of the living that were told that their lease is gone, but for those that had ended their item by then. */
const robbed = (fleet, sleeper, notes) => {
  const connection = openDatabase({ path: fleet.file, role: 'reader' })
  try {
    const ended = connection.prepare(
      `SELECT 1 FROM work_items WHERE id = ? AND state = 'completed' AND settle_token = ?`,
    )
    return notes.filter(
      ({ event, item, token, pid, code }) =>
        event === 'aborted' &&
        code.startsWith('lease.') &&
        pid !== sleeper.program.pid &&
        ended.all(item, token).length === 0,
    )
  } finally {
    connection.close()
  }
}
