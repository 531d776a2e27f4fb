import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openStore } from '@holdfast/store/sqlite'
import { spawnNode } from '@holdfast/testkit'

const PROGRAM = join(import.meta.dirname, 'program.mjs')
/** Both processes go by this name: it proves nothing. */
export const NAME = 'the-only-worker'
/** Short, so that many can run out; heartbeats come at a third of it. */
const LEASE_MS = 1_000
const WAIT_MS = 30_000
const POLL_MS = 25
/** A process that was stopped with the write lock in its hands is let go on for so long, and stopped again. */
const LOCK_FREE_MS = 500
const ENDINGS = ['complete', 'completeAll', 'fail', 'release']

/** What had to happen did not. */
export class Stuck extends Error {}

/** Two processes of one name on one file, of which one is dead in turn. */
export class Graveyard {
  #stopped = new Set()

  static async open({ folder, ledger, history, items, nodeArgs = [] }) {
    const path = join(folder, 'store.db')
    const start = () =>
      spawnNode(PROGRAM, {
        args: [path, NAME, String(LEASE_MS), String(items)],
        nodeArgs,
        env: { HOLDFAST_PROOF_LEDGER: ledger, HOLDFAST_PROOF_HISTORY: history, HOLDFAST_PROOF_OWNER: NAME },
      })
    // The first one makes the file: with a product that is wrong on purpose, it makes it wrong.
    const first = start()
    await first.line((line) => line.ready)
    const second = start()
    await second.line((line) => line.ready)
    return new Graveyard(
      path,
      [first, second],
      await openStore({ path, create: false, limits: { lockWaitMs: LOCK_FREE_MS } }),
    )
  }

  constructor(path, processes, store) {
    this.path = path
    this.processes = processes
    this.store = store
  }

  /**
   * One process takes items and is stopped until it has lost them to the other one; then it wakes and tries to finish.
   *
   * @returns how many zombies tried, how many items were cancelled before, and how often the engine said that a lease was
   * lost.
   * @throws {Stuck}
   */
  async round({ items, random }) {
    const [zombie, successor] = this.processes
    const ids = await this.#submit(items, random)
    await told(zombie, 'work', (line) => line.working)
    await until(() => heldBy(zombie, ids).size === ids.size, 'the first process holds every item')

    await this.#stop(zombie)
    await told(successor, 'work', (line) => line.working)
    await until(() => heldBy(successor, ids).size === ids.size, 'the second process has taken over every item')
    const cancelled = await this.#cancelSome(ids, random)

    zombie.say('finish')
    this.#wake(zombie)
    await until(() => triedBy(zombie, ids).size === ids.size, 'every zombie has tried to finish')
    successor.say('finish')
    await until(async () => (await this.#open(ids)) === 0, 'every item has ended')

    for (const each of this.processes) await told(each, 'rest', (line) => line.working === false)
    const lost = zombie.lines.filter(({ event, item }) => event === 'item.lost' && ids.has(item)).length
    this.processes.reverse()
    return { zombies: ids.size, cancelled, lost }
  }

  async close() {
    for (const each of this.#stopped) this.#wake(each)
    await this.store.close()
    for (const each of this.processes) each.say('leave')
    await Promise.all(this.processes.map((each) => each.exited))
  }

  async kill() {
    await Promise.all(this.processes.map((each) => each.kill()))
  }

  async #submit(count, random) {
    const submitted = await Promise.all(
      Array.from({ length: count }, () =>
        this.store.tasks.submit({
          type: 'hold',
          queue: 'hold',
          maxAttempts: 10,
          input: { ending: random.pick(ENDINGS), successor: random.pick(['holds', 'ends']) },
        }),
      ),
    )
    return new Set(submitted.map(({ taskId }) => taskId))
  }

  /** Some of the items have no owner at all any more when their zombie wakes. */
  async #cancelSome(ids, random) {
    let cancelled = 0
    for (const id of ids) {
      if (random.int(10) > 0 || (await this.store.tasks.require(id)).state !== 'active') continue
      // It may have ended in between.
      await this.store.tasks.cancel(id).then(
        () => (cancelled += 1),
        () => {},
      )
    }
    return cancelled
  }

  /** SIGSTOP, but not with the write lock: whoever is stopped inside a transaction keeps everybody from writing. */
  async #stop(process) {
    for (;;) {
      process.signal('SIGSTOP')
      this.#stopped.add(process)
      const isFree = await this.store.processes.heartbeat(this.store.info().processId).then(
        () => true,
        () => false,
      )
      if (isFree) return
      this.#wake(process)
      await sleep(POLL_MS)
    }
  }

  #wake(process) {
    process.signal('SIGCONT')
    this.#stopped.delete(process)
  }

  async #open(ids) {
    const tasks = await Promise.all([...ids].map((id) => this.store.tasks.require(id)))
    return tasks.filter(({ state }) => state === 'active').length
  }
}

const told = async (process, command, answers) => {
  const before = process.lines.length
  process.say(command)
  await until(() => process.lines.slice(before).some(answers), `a process answers to "${command}"`)
}

const heldBy = (process, ids) => new Set(process.lines.map(({ held }) => held).filter((id) => ids.has(id)))
const triedBy = (process, ids) => new Set(process.lines.map(({ tried }) => tried).filter((id) => ids.has(id)))

const until = async (holds, what) => {
  const deadline = performance.now() + WAIT_MS
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Stuck(`waited ${WAIT_MS} ms in vain: ${what}`)
    await sleep(POLL_MS)
  }
}
