import { execFileSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startProgram } from '@holdfast/testkit'

const require = createRequire(import.meta.url)
const mainOf = (name) => join(dirname(require.resolve(`${name}/package.json`)), 'dist/main.js')
const CONFIG = join(import.meta.dirname, 'holdfast.config.mjs')
const EXAMINE = join(import.meta.dirname, 'examine-file.mjs')
const TOKEN = 'a-token-for-proofs-only'
const ANSWER_MS = 45_000

/** The longest that work may take to end once the disk is well: attempts that failed wait for their next. */
const DRAIN_MS = 60_000

/** Refusals by which a caller knows that nothing was written; the last one alone says that nobody knows. */
const CLEAR = {
  'store.disk_full': 507,
  'store.io': 503,
  'store.timeout': 503,
  'store.overloaded': 503,
  'store.busy': 503,
}
const UNKNOWN = 'store.outcome_unknown'

/**
 * An API and a worker on one file, never started again: whatever happens to the disk, they have to live through it. What
 * the client was told is kept, and held against what is there.
 */
export class RealPrograms {
  /** Ids of tasks by what was said of each: `done`, `unknown`, or the code of a refusal. */
  told = new Map()
  violations = []
  #submitted = 0
  #api
  #worker

  /** @param {{ dataDir: string, env: Record<string, string>, nodeArgs?: readonly string[] }} options */
  constructor({ dataDir, env, nodeArgs = [] }) {
    this.file = join(dataDir, 'holdfast.db')
    const options = { dataDir, nodeArgs, env: { HOLDFAST_CONFIG: CONFIG, HOLDFAST_TOKEN: TOKEN, ...env } }
    this.#api = startProgram(mainOf('@holdfast/api'), options)
    this.#worker = startProgram(mainOf('@holdfast/worker'), options)
  }

  async ready() {
    this.url = (await this.#api.ready()).url
    await this.#worker.ready()
  }

  /** Lines that both have logged since they were started. */
  get logged() {
    return this.#api.lines.length + this.#worker.lines.length
  }

  get lines() {
    return [...this.#api.lines, ...this.#worker.lines]
  }

  /** Submits `count` tasks at once. @returns how many were acknowledged. */
  async submit(count, characters = 20_000) {
    const answers = await Promise.all(Array.from({ length: count }, () => this.#submitOne(characters)))
    return answers.filter((answer) => answer === 'done').length
  }

  async #submitOne(characters) {
    this.#submitted += 1
    const id = `task-${this.#submitted}`
    const body = JSON.stringify({ id, type: 'writing', input: { characters, word: `${id} ` } })
    const answer = await this.ask('/v1/tasks', { method: 'POST', body })
    const told = this.#toldBy(answer, id)
    this.told.set(id, told)
    return told
  }

  #toldBy(answer, id) {
    if (answer === undefined) {
      this.violations.push({ what: 'a submission was not answered', id })
      return 'unknown'
    }
    const { status, body } = answer
    if (status === 201 || status === 200) return 'done'
    if (body.code === UNKNOWN && status === 503) return 'unknown'
    if (CLEAR[body.code] === status) return body.code
    this.violations.push({
      what: `a submission was answered ${status} ${body.code}, which is no clear word on a disk`,
      id,
    })
    return 'unknown'
  }

  /** @returns status and body; undefined where there was no answer. */
  async ask(path, init = {}) {
    try {
      const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' }
      const response = await fetch(`${this.url}${path}`, { ...init, headers, signal: AbortSignal.timeout(ANSWER_MS) })
      return { status: response.status, body: await response.json() }
    } catch {
      return undefined
    }
  }

  /** Whether reads and health still answer; where they don't it is a violation. */
  async mustRead(when) {
    const health = await this.ask('/health')
    if (health?.status !== 200) this.violations.push({ what: `/health was answered ${health?.status} ${when}` })
    const ready = await this.ask('/ready')
    if (ready?.status !== 200) this.violations.push({ what: `/ready was answered ${ready?.status} ${when}` })
    const id = [...this.told].find(([, told]) => told === 'done')?.[0]
    if (id === undefined) return health?.body
    const task = await this.ask(`/v1/tasks/${id}`)
    if (task?.status !== 200) this.violations.push({ what: `a read was answered ${task?.status} ${when}`, id })
    return health?.body
  }

  /** Submits until one is acknowledged again. @returns how long that took; a violation after `withinMs`. */
  async recovered(withinMs) {
    const startedMs = performance.now()
    while (performance.now() - startedMs < withinMs) {
      if ((await this.submit(1)) === 1) return performance.now() - startedMs
      await sleep(50)
    }
    this.violations.push({ what: `nothing was acknowledged within ${withinMs} ms of the disk being well` })
    return withinMs
  }

  /** Waits until every acknowledged task has ended well, and holds what was told against what is there. */
  async verify() {
    const untilMs = performance.now() + DRAIN_MS
    for (const [id, told] of this.told) {
      let task = await this.ask(`/v1/tasks/${id}`)
      if (told === 'unknown' && task?.status === 404) continue
      if (told !== 'done' && told !== 'unknown') {
        if (task?.status !== 404) this.violations.push({ what: `a task that was refused with ${told} is there`, id })
        continue
      }
      while (task?.status === 200 && task.body.state === 'active' && performance.now() < untilMs) {
        await sleep(50)
        task = await this.ask(`/v1/tasks/${id}`)
      }
      if (task?.status === 404) this.violations.push({ what: 'an acknowledged task is not there', id })
      else if (task?.body?.state !== 'completed')
        this.violations.push({ what: `an acknowledged task ended as ${task?.body?.state ?? task?.status}`, id })
    }
  }

  /** Asks both to stop; that they can is a part of it. */
  async stop() {
    for (const [name, program] of [
      ['API', this.#api],
      ['worker', this.#worker],
    ]) {
      program.signal('SIGTERM')
      const { code, signal } = await program.exited
      if (code !== 0)
        this.violations.push({ what: `the ${name} ended with ${code ?? signal}: ${program.errors().slice(-300)}` })
    }
  }

  async kill() {
    await Promise.all([this.#api.kill(), this.#worker.kill()])
  }

  /** Once all have ended: what is wrong with the file, apart from those codes. */
  examine(but) {
    const found = JSON.parse(execFileSync(process.execPath, [EXAMINE, this.file], { encoding: 'utf8' }))
    for (const { code, message } of found)
      if (!but.includes(code)) this.violations.push({ what: `${code}: ${message}` })
  }

  /** How many answers were of each kind. */
  get counts() {
    const counts = {}
    for (const told of this.told.values()) counts[told] = (counts[told] ?? 0) + 1
    return counts
  }
}
