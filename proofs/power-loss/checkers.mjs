import { fork } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const PROCESS = join(import.meta.dirname, 'checker-process.mjs')
/** A disk that can't be judged in this time is one that doesn't open. */
const LONGEST_MS = 60_000
/** So that a leak of one of the libraries doesn't add up over a hundred thousand disks. */
const DISKS_PER_PROCESS = 4_000

/**
 * What judges disks: a module that exports `checking(knowledge)`, which answers with `check(folder)`, which answers with
 * facts, as plain JSON: `problems`, texts that are wrong whenever the crash came, and whatever the judge wants to know.
 *
 * @typedef {object} Checker
 * @property {string} module Its path.
 * @property {unknown} knowledge Plain JSON.
 * @property {readonly string[]} [nodeArgs]
 * @property {Record<string, string>} [env]
 * @property {number} [processes] How many work side by side; 1 unless said otherwise.
 */

/** Checks disks in processes that live long, one disk after the other in each. */
export class Checkers {
  #waiting = []
  #idle = []
  #all = new Set()
  #knowledge

  /**
   * @param {Checker} checker
   * @param {string} scratch
   */
  constructor(checker, scratch) {
    this.checker = checker
    this.#knowledge = join(scratch, `knowledge-${randomUUID()}.json`)
    writeFileSync(this.#knowledge, JSON.stringify(checker.knowledge))
    for (let n = 0; n < (checker.processes ?? 1); n += 1) this.#idle.push(this.#start())
  }

  /** How many disks may wait without anybody being idle. */
  get depth() {
    return (this.checker.processes ?? 1) * 2
  }

  /** @returns {Promise<any>} The facts. A checker that dies or hangs on a disk is a fact as well. */
  check(folder) {
    return new Promise((resolve) => {
      this.#waiting.push({ folder, resolve })
      this.#next()
    })
  }

  async close() {
    rmSync(this.#knowledge, { force: true })
    await Promise.all([...this.#all].map(({ child, ended }) => child.kill('SIGKILL') && ended))
  }

  #next() {
    if (this.#waiting.length === 0 || this.#idle.length === 0) return
    const { folder, resolve } = this.#waiting.shift()
    const worker = this.#idle.pop()
    void this.#ask(worker, folder).then((facts) => {
      resolve(facts)
      this.#next()
    })
  }

  async #ask(worker, folder) {
    const facts = await answerOf(worker, folder)
    worker.disks += 1
    if (facts === undefined || worker.disks >= DISKS_PER_PROCESS) {
      worker.child.kill('SIGKILL')
      await worker.ended
      this.#all.delete(worker)
      this.#idle.push(this.#start())
    } else this.#idle.push(worker)
    return facts ?? { problems: [`the checker died on it, or hung: ${worker.errors.trim().slice(-500)}`] }
  }

  #start() {
    const { module, nodeArgs = [], env = {} } = this.checker
    const child = fork(PROCESS, [pathToFileURL(module).href, this.#knowledge], {
      execArgv: ['--expose-gc', ...nodeArgs],
      env: { ...process.env, ...env },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    const worker = { child, disks: 0, errors: '', ended: new Promise((resolve) => child.once('close', resolve)) }
    child.stderr.setEncoding('utf8').on('data', (text) => {
      worker.errors = `${worker.errors}${text}`.slice(-4_000)
    })
    // What is sent to one that has just died is answered by its end.
    child.on('error', () => {})
    this.#all.add(worker)
    return worker
  }
}

/** Undefined when it ends, or takes too long. */
const answerOf = ({ child, ended }, folder) =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, LONGEST_MS)
    child.once('message', (facts) => {
      clearTimeout(timer)
      resolve(facts)
    })
    void ended.then(() => {
      clearTimeout(timer)
      resolve(undefined)
    })
    child.send(folder, () => {})
  })
