import { mkdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { StandingProgram, startProgram } from '@holdfast/testkit'

const require = createRequire(import.meta.url)
const mainOf = (name) => join(dirname(require.resolve(`${name}/package.json`)), 'dist/main.js')

/** The built programs, as `npm start` runs them. */
const PROGRAMS = { api: mainOf('@holdfast/api'), worker: mainOf('@holdfast/worker') }

/** What the supervisor behind `npm start` gives each of its programs. */
const AS_NPM_START = ['--max-semi-space-size=4', '--heap-growing-percent=30']

/** What the client and the API of a storm have in common. */
export const TOKEN = 'a-token-for-proofs-only'

/**
 * Real programs on one file, each started again when it is killed.
 *
 * @param {object} options
 * @param {string} options.folder Empty.
 * @param {string} options.config The `holdfast.config` with the tasks.
 * @param {number} options.workers
 * @param {number} [options.apis]
 * @param {readonly string[]} [options.nodeArgs] For all of them: how a seeded mistake gets into the product.
 * @param {Record<string, string>} [options.env]
 */
export const startFleet = ({ folder, config, workers, apis = 1, nodeArgs = [], env = {} }) => {
  const dataDir = join(folder, 'data')
  const ledger = join(folder, 'ledger')
  const history = join(folder, 'history')
  for (const made of [ledger, history]) mkdirSync(made, { recursive: true })
  const options = {
    dataDir,
    nodeArgs: [...AS_NPM_START, ...nodeArgs],
    env: {
      HOLDFAST_CONFIG: config,
      HOLDFAST_TOKEN: TOKEN,
      HOLDFAST_LOG_LEVEL: 'debug',
      HOLDFAST_PROOF_LEDGER: ledger,
      HOLDFAST_PROOF_HISTORY: history,
      ...env,
    },
  }
  return new Fleet({
    options,
    ledger,
    history,
    apis: Array.from({ length: apis }, () => new StandingProgram(PROGRAMS.api, options)),
    workers: Array.from({ length: workers }, () => new StandingProgram(PROGRAMS.worker, options)),
  })
}

/** The processes of one storm, and where they write. */
class Fleet {
  #options
  #guests = []

  constructor({ options, ledger, history, apis, workers }) {
    this.#options = options
    const { dataDir } = options
    /** Where handlers note what was acknowledged to them. */
    this.ledger = ledger
    /** Where programs that are recorded write down what they asked and were told. */
    this.history = history
    /** The database. Open it only once every process has ended. */
    this.file = join(dataDir, 'holdfast.db')
    this.apis = apis
    this.workers = workers
  }

  /** One more API, which is wrong in a way of its own, and isn't started again. */
  addApi({ nodeArgs, env }) {
    const options = this.#options
    const api = startProgram(PROGRAMS.api, {
      ...options,
      nodeArgs: [...options.nodeArgs, ...nodeArgs],
      env: { ...options.env, ...env },
    })
    this.#guests.push(api)
    return api
  }

  get programs() {
    return [...this.apis, ...this.workers]
  }

  async ready() {
    await Promise.all(this.programs.map((program) => program.ready()))
  }

  /** Asks every process to stop. @returns what went wrong with that. */
  async stop() {
    // One that is still starting has no ear for the signal yet.
    await this.ready()
    const exits = await Promise.all(this.programs.map((program) => program.stop()))
    return exits.flatMap(({ code, signal }, at) =>
      code === 0 ? [] : [{ what: `program ${at} did not stop when it was asked to: code ${code}, signal ${signal}` }],
    )
  }

  /** Ends what is left, whatever happened. */
  async kill() {
    await Promise.all([...this.programs, ...this.#guests].map((program) => program.kill()))
  }
}
