import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { checkAcknowledged } from '../storm/check-file.mjs'
import { checkRecorded, recordedPrograms } from '../storm/check-history.mjs'
import { httpClient, isAcknowledged } from '../storm/http-client.mjs'
import { readLedger } from '../storm/ledger.mjs'
import { startFleet } from '../storm/programs.mjs'

const CONFIG = join(import.meta.dirname, '../storm/holdfast.config.mjs')
/** Kills overlap: a process is killed while another one starts. */
const KILLERS = 2
const CLIENTS = 4
/** What a client has under way at most, so that a storm ends soon after its last kill. */
const OUTSTANDING = 12
/**
 * Most die at work, however long that takes to begin on a machine that has much to do: after they are ready, and once
 * clients have been told something again. The others die wherever they are in starting.
 */
const SHARE_AT_WORK = 0.8
const NEWS = 4
const NEWS_CAP_MS = 5_000
const LONGEST_PAUSE_MS = 400
/** These take their time, so that most of them are at work when they are cancelled. */
const SHARE_CANCELLED = 0.2
const CANCELLED_REST_MS = 150
const CANCELLED_AFTER_MS = 600
const SETTLE_MS = 60_000
const POLL_MS = 100

/**
 * One storm on a new file: an API and some workers, killed at random moments and started again, while clients submit,
 * cancel and read. Then everything ends, every process is stopped, and the file is looked at.
 *
 * @param {object} options
 * @param {string} options.folder Empty.
 * @param {import('../support/random.mjs').Random} options.random
 * @param {number} options.kills
 * @param {number} options.workers
 * @param {readonly string[]} [options.nodeArgs]
 * @param {number} [options.settleMs] How long everything may take to end after the last kill.
 * @param {number} [options.shareAtWork] Of the kills, those that wait for work; see above.
 * @returns {Promise<{ figures: Record<string, number>, violations: { what: string }[] }>}
 */
export const storm = async ({ folder, random, kills, workers, ...options }) => {
  const { nodeArgs = [], settleMs = SETTLE_MS, shareAtWork = SHARE_AT_WORK } = options
  const recorded = [...recordedPrograms().nodeArgs, ...nodeArgs]
  const fleet = startFleet({ folder, config: CONFIG, workers, nodeArgs: recorded })
  try {
    await fleet.ready()
    const over = new AbortController()
    const clients = Array.from({ length: CLIENTS }, () => new Client(httpClient(fleet.apis[0]), random))
    const working = clients.map((client) => client.work(over.signal))
    await rage({ fleet, clients, random, kills, shareAtWork })
    over.abort()
    await Promise.all(working)
    const unended = await settle(clients, settleMs)
    // Where something hangs there is nothing to wait for: the file is looked at as it stands.
    if (unended.length > 0) await fleet.kill()
    const stopped = unended.length > 0 ? [] : await fleet.stop()
    const acknowledged = gather(fleet, clients)
    const lost = checkAcknowledged(fleet.file, acknowledged)
    const histories = await checkRecorded(fleet.history, fleet.file)
    return {
      figures: { ...figuresOf(acknowledged, kills), ...histories.figures },
      violations: [...unended, ...stopped, ...lost, ...histories.violations],
    }
  } finally {
    await fleet.kill()
  }
}

const rage = async ({ fleet, clients, random, kills, shareAtWork }) => {
  const news = () => clients.reduce((sum, client) => sum + client.news, 0)
  const dying = new Set()
  let left = kills
  const killer = async () => {
    while (left > 0) {
      left -= 1
      const target = random.pick(fleet.programs.filter((program) => !dying.has(program)))
      dying.add(target)
      // One that was killed while it started is waited for by nobody; one that can't start is told when it is asked.
      if (random.float() < shareAtWork) {
        await target.ready()
        await moreThan(news() + NEWS, news)
      }
      await sleep(random.int(LONGEST_PAUSE_MS))
      await target.killAndRestart()
      dying.delete(target)
    }
  }
  await Promise.all(Array.from({ length: KILLERS }, killer))
}

/** Waits until there are so many of them, for a time. */
const moreThan = async (wanted, count) => {
  const deadline = performance.now() + NEWS_CAP_MS
  while (count() < wanted && performance.now() < deadline) await sleep(POLL_MS / 5)
}

/** Somebody who uses the API, and remembers what it said. */
class Client {
  submissions = []
  cancellations = []
  endings = []
  /** Submitted, answered or not, and not yet seen to have ended. */
  #open = new Set()

  constructor(http, random) {
    this.http = http
    this.random = random
  }

  /** How much this client was told. */
  get news() {
    return this.submissions.length + this.cancellations.length + this.endings.length
  }

  get openTasks() {
    return this.#open.size
  }

  async work(over) {
    while (!over.aborted) {
      if (this.#open.size < OUTSTANDING) await this.#submit()
      else await this.look()
    }
  }

  /** Asks for each task under way, and lets go of those that have ended, or that never came to be. */
  async look() {
    for (const task of [...this.#open]) {
      const answer = await this.http.get(`/v1/tasks/${task}`)
      if (answer === undefined) continue
      if (answer.status === 404) this.#open.delete(task)
      if (answer.status !== 200 || answer.json().state === 'active') continue
      const { state, result } = answer.json()
      this.endings.push({ task, view: { state, result } })
      this.#open.delete(task)
    }
    await sleep(POLL_MS)
  }

  async #submit() {
    const { random, http } = this
    const id = randomUUID()
    // Two tasks in three have a key to themselves, the others share theirs with some: one effect for all of them.
    const key = random.int(3) > 0 ? id : `shared-${random.int(40)}`
    const isToBeCancelled = random.float() < SHARE_CANCELLED
    const input = { steps: 4, key, restMs: isToBeCancelled ? CANCELLED_REST_MS : random.int(20) }
    const [type, body] = random.pick([
      ['counting', input],
      ['counting', input],
      ['impatient', { ...input, key: id }],
      ['fanning', { children: 2, ...input, key: id }],
    ])
    this.#open.add(id)
    const headers = random.int(2) === 0 ? { 'idempotency-key': `"${id}"` } : {}
    if (!isAcknowledged(await http.post('/v1/tasks', { id, type, input: body }, headers))) return
    this.submissions.push({ task: id, type, input: body })
    if (isToBeCancelled) await this.#cancel(id)
  }

  async #cancel(task) {
    await sleep(this.random.int(CANCELLED_AFTER_MS))
    const answer = await this.http.post(`/v1/tasks/${task}/cancel`)
    if (isAcknowledged(answer)) this.cancellations.push({ task, state: answer.json().state })
  }
}

/** Waits until every task has ended. @returns those that haven't. */
const settle = async (clients, settleMs) => {
  const deadline = performance.now() + settleMs
  const open = () => clients.reduce((sum, client) => sum + client.openTasks, 0)
  while (open() > 0 && performance.now() < deadline) await Promise.all(clients.map((client) => client.look()))
  return open() === 0 ? [] : [{ what: `${open()} tasks had not ended ${settleMs} ms after the last kill` }]
}

const gather = (fleet, clients) => ({
  submissions: clients.flatMap((client) => client.submissions),
  cancellations: clients.flatMap((client) => client.cancellations),
  endings: clients.flatMap((client) => client.endings),
  completions: fleet.workers
    .flatMap((worker) => worker.lines)
    .filter(({ event }) => event === 'item.completed')
    .map(({ workItemId, attempt }) => ({ item: workItemId, attempt })),
  notes: readLedger(fleet.ledger),
})

/** An acknowledgement each: of a submission, a cancellation, a completion, a checkpoint, a fan-out, a key's answer. */
const figuresOf = ({ submissions, cancellations, completions, endings, notes }, kills) => {
  const noted = (name) => notes.filter(({ event }) => event === name).length
  const acknowledged = {
    submissions: submissions.length,
    cancellations: cancellations.length,
    completions: completions.length,
    checkpoints: noted('checkpoint'),
    fanOuts: noted('spawned'),
    answersUnderKeys: noted('answered'),
  }
  const operations = Object.values(acknowledged).reduce((sum, count) => sum + count, 0)
  return { kills, operations, ...acknowledged, attempts: noted('resumed'), tasksSeenEnded: endings.length }
}
