import { spawn } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { FailingDisk, failingDiskEnvironment } from '../failing-disk/failing-disk.mjs'

const SCRIPT = join(import.meta.dirname, 'lives.mjs')
/** A library keeps what it hasn't collected of closed files, so a process lives this often and no more. */
const LIVES = 20
/** Far more than any life takes; one that hangs is a violation. */
const LIFE_MS = 90_000

/** A process for lives, started when there is one to live, and anew after some. */
export class LifeProcess {
  #child
  #left = 0
  #starts = 0

  /** @param {{ folder: string, nodeArgs?: readonly string[] }} options `folder` is its own, symlinks resolved. */
  constructor(options) {
    this.options = options
  }

  /** Lives one life, and answers with what came of it; that the process ended in it is a violation. */
  async live(life) {
    if (this.#left === 0) await this.#start()
    this.#left -= 1
    this.#child.stdin.write(`${JSON.stringify(life)}\n`)
    const line = await this.#nextLine(LIFE_MS)
    if (line !== undefined) return JSON.parse(line)
    const { child, errors } = this.#child
    const end = child.exitCode ?? child.signalCode ?? `silence for ${LIFE_MS} ms`
    await this.stop()
    const what = `the process ended in the middle of it: ${end} ${errors().slice(-500)}`
    return { failures: 1, calls: {}, violations: [{ what }], recoveryMs: 0, acknowledged: 0, refused: 0, unknown: 0 }
  }

  async stop() {
    const running = this.#child
    this.#child = undefined
    this.#left = 0
    if (!running) return
    running.stdin.end()
    const timer = setTimeout(() => running.child.kill('SIGKILL'), 5_000)
    await running.ended
    clearTimeout(timer)
  }

  async #start() {
    await this.stop()
    const { folder, nodeArgs = [] } = this.options
    this.#starts += 1
    const home = join(folder, `process-${this.#starts}`)
    const control = join(folder, `control-${this.#starts}`)
    mkdirSync(home, { recursive: true })
    FailingDisk.make(control).close()
    const child = spawn(process.execPath, [...nodeArgs, SCRIPT, home, control], {
      env: { ...process.env, ...failingDiskEnvironment({ folder: home, control }) },
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    let errors = ''
    child.stderr.setEncoding('utf8').on('data', (text) => {
      errors = `${errors}${text}`.slice(-4_000)
    })
    // One that has ended reads nothing more.
    child.stdin.on('error', () => {})
    const ended = new Promise((resolve) => child.once('close', resolve))
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    this.#child = { child, stdin: child.stdin, lines, ended, errors: () => errors }
    this.#left = LIVES
    if ((await this.#nextLine(LIFE_MS)) === undefined) throw new Error(`no life could be lived: ${errors}`)
  }

  /** Undefined when the process has ended, or says nothing for too long. */
  async #nextLine(withinMs) {
    let timer
    const tooLate = new Promise((resolve) => {
      timer = setTimeout(() => resolve({ done: true }), withinMs)
    })
    const { done, value } = await Promise.race([this.#child.lines.next(), tooLate])
    clearTimeout(timer)
    return done ? undefined : value
  }
}
