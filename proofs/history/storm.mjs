import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { spawnNode } from '@holdfast/testkit'
import { openStore } from '@holdfast/store/sqlite'
import { checkHistory, describeViolation, readFinalState, readHistory } from '@holdfast/testkit/history'

const ACTOR = join(import.meta.dirname, 'actor.mjs')
const OUTSIDER = join(import.meta.dirname, 'outsider.mjs')

const ACTORS = 4
/** Longer than a lease, shorter than anybody waits for the write lock. */
const STOP_MS = { least: 100, most: 900 }
const BETWEEN_DISTURBANCES_MS = { least: 100, most: 500 }
/** A storm that does not get on is a failure of its own. */
const LONGEST_MS = 180_000

const isReady = (line) => line.ready === true

/** Processes at work on one file: whoever is killed is replaced under another name. */
class Cast {
  #names = 0
  #actors = new Map()
  #gone = []
  did = 0

  constructor({ folder, random, nodeArgs }) {
    this.folder = folder
    this.path = join(folder, 'store.db')
    this.random = random
    this.nodeArgs = nodeArgs
    mkdirSync(join(folder, 'history'), { recursive: true })
  }

  get histories() {
    return Array.from({ length: this.#names }, (_, at) => this.#historyOf(`actor-${at}`))
  }

  get actors() {
    return [...this.#actors.values()]
  }

  #historyOf(name) {
    return join(this.folder, 'history', `${name}.jsonl`)
  }

  async add() {
    const name = `actor-${this.#names}`
    this.#names += 1
    const args = [this.path, this.#historyOf(name), name, String(this.random.int(2 ** 31))]
    const actor = spawnNode(ACTOR, { args, nodeArgs: this.nodeArgs })
    this.#actors.set(name, actor)
    await actor.line(isReady)
  }

  count() {
    const all = [...this.#gone, ...this.actors]
    return all.reduce((sum, { lines }) => sum + lines.filter(({ did }) => did).length * 100, 0)
  }

  async replace() {
    const [name, actor] = this.random.pick([...this.#actors])
    this.#actors.delete(name)
    this.#gone.push(actor)
    await actor.kill()
    await this.add()
  }

  async stopAWhile() {
    const actor = this.random.pick(this.actors)
    actor.signal('SIGSTOP')
    await pause(this.random.between(STOP_MS.least, STOP_MS.most))
    actor.signal('SIGCONT')
  }

  /** @returns what those said who did not end as they should. */
  async end() {
    for (const actor of this.actors) actor.say('stop')
    const exits = await Promise.all(this.actors.map(async (actor) => ({ actor, ...(await actor.exited) })))
    return exits
      .filter(({ code }) => code !== 0)
      .map(({ actor, code, signal }) => ({
        what: `an actor ended with ${signal ?? code}: ${actor.errors().slice(-2_000)}`,
      }))
  }

  async kill() {
    await Promise.all(this.actors.map((actor) => actor.kill()))
  }
}

/**
 * One file, some processes that do all kinds of things to it at once, and somebody who kills and stops them. Then: what
 * they saw, held against the promises and against what is left.
 *
 * @param {object} options
 * @param {string} options.folder Empty, the storm's own.
 * @param {import('../support/random.mjs').Random} options.random
 * @param {number} options.operations As many at least.
 * @param {boolean} [options.forgeries] Whether a program beside them tries to forge what is there, in plain SQL.
 * @param {string[]} [options.nodeArgs] For all of its processes.
 * @returns {Promise<{ figures: Record<string, number>, violations: { what: string }[] }>}
 */
export const storm = async ({ folder, random, operations, forgeries = true, nodeArgs = [] }) => {
  const cast = new Cast({ folder, random, nodeArgs })
  const figures = { kills: 0, stops: 0 }
  const startedMs = performance.now()
  let outsider
  try {
    // The first one makes the file.
    await cast.add()
    outsider = forgeries ? spawnNode(OUTSIDER, { args: [cast.path], nodeArgs }) : undefined
    for (let i = 1; i < ACTORS; i += 1) await cast.add()
    // Counted from here on, so that each kind of disturbance comes into a storm of any size.
    const before = cast.count()
    while (cast.count() - before < operations || figures.kills === 0 || figures.stops === 0) {
      if (performance.now() - startedMs > LONGEST_MS)
        return { figures, violations: [{ what: `only ${cast.count()} operations in ${LONGEST_MS} ms` }] }
      await pause(random.between(BETWEEN_DISTURBANCES_MS.least, BETWEEN_DISTURBANCES_MS.most))
      if (random.int(2) === 0) {
        await cast.replace()
        figures.kills += 1
      } else {
        await cast.stopAWhile()
        figures.stops += 1
      }
    }
    const broken = await cast.end()
    const forged = outsider ? await endOf(outsider) : {}
    const verdict = await judge(cast)
    return {
      figures: { ...figures, ...verdict.figures, ...forged },
      violations: [...broken, ...verdict.violations],
    }
  } finally {
    await cast.kill()
    await outsider?.kill()
  }
}

const endOf = async (outsider) => {
  outsider.say('stop')
  const { figures } = await outsider.line((line) => line.figures !== undefined)
  return { forgeriesRefused: figures.refused, forgeriesLanded: figures.landed }
}

const judge = async ({ path, histories }) => {
  const operations = await readHistory(histories)
  const store = await openStore({ path, create: false })
  try {
    const { items, keys, unknown, violations } = checkHistory(operations, await readFinalState(store, operations))
    const refused = operations.filter(({ answer }) => answer.as === 'failed').length
    return {
      figures: { operations: operations.length, items, keys, unknown, refused, processes: histories.length },
      violations: violations.map((violation) => ({ rule: violation.rule, what: describeViolation(violation) })),
    }
  } finally {
    await store.close()
  }
}
