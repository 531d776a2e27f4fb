import { join } from 'node:path'
import { startProgram } from '@holdfast/testkit'
import { ROOT } from '../../support/sources.mjs'
import { recordingOfThisProcess } from '../recorder.mjs'

const API = join(ROOT, 'apps/api/dist/main.js')
const WORKER = join(ROOT, 'apps/worker/dist/main.js')
const WORKERS = 3

/** One API and three workers on one file: the built programs with the settings that they ship with, recorded. */
export class Fleet {
  #options
  #mayStopBadly
  #api
  #workers

  /**
   * @param {object} options
   * @param {string} options.dataDir
   * @param {Record<string, string>} options.env
   * @param {readonly string[]} options.nodeArgs
   * @param {boolean} options.mayStopBadly Whether a program that is asked to stop may end with an error.
   */
  constructor({ dataDir, env, nodeArgs, mayStopBadly }) {
    this.#mayStopBadly = mayStopBadly
    this.#options = { dataDir, nodeArgs, env: { ...recordingOfThisProcess(), ...env } }
    this.#startAll()
  }

  /** Where the API that runs now listens, when it does. */
  async url() {
    const { url } = await this.#api.ready()
    return url
  }

  async ready() {
    await Promise.all([this.#api, ...this.#workers].map((program) => program.ready()))
  }

  /** Stops one worker as a supervisor does, and starts another. */
  async replaceWorker(n) {
    await this.#stopped(this.#workers[n])
    this.#workers[n] = this.#start(WORKER)
  }

  /** `kill -9` of one worker, and a new one. */
  async killWorker(n) {
    await this.#workers[n].kill()
    this.#workers[n] = this.#start(WORKER)
  }

  /** The last one to go closes the file, the first one to come opens it again. */
  async restart() {
    await this.stop()
    this.#startAll()
  }

  /** `kill -9` of all at once: the next ones find a hot WAL. */
  async crash() {
    await this.kill()
    this.#startAll()
  }

  async stop() {
    await Promise.all([this.#api, ...this.#workers].map((program) => this.#stopped(program)))
  }

  async kill() {
    await Promise.all([this.#api, ...this.#workers].map((program) => program.kill()))
  }

  #startAll() {
    this.#api = this.#start(API)
    this.#workers = Array.from({ length: WORKERS }, () => this.#start(WORKER))
  }

  #start(script) {
    return startProgram(script, this.#options)
  }

  async #stopped(program) {
    await program.ready()
    program.signal('SIGTERM')
    const { code, signal } = await program.exited
    if (code === 0 || this.#mayStopBadly) return
    throw new Error(`a program that was asked to stop ended with ${code ?? signal}: ${program.errors()}`)
  }
}
