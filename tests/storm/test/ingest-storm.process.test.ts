import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { uuidV7 } from '@holdfast/store'
import { StandingProgram } from '@holdfast/testkit'
import { describe, expect, it, onTestFinished } from 'vitest'
import { makeCorpus, type Corpus } from './corpus.js'
import { HttpApi, type TaskView } from './http-api.js'
import { Ledger } from './ledger.js'
import { randomFrom } from './random.js'
import { PROGRAMS } from './programs.js'

/** Longer storms: HOLDFAST_STORM_KILLS=500. The same storm again, as far as clocks allow: HOLDFAST_STORM_SEED=… */
const KILLS = Number(process.env.HOLDFAST_STORM_KILLS ?? 8)
const SEED = Number(process.env.HOLDFAST_STORM_SEED ?? Math.floor(Math.random() * 2 ** 31))
const SHARE_AT_WORK = 0.75
const LONGEST_PAUSE_MS = 500
const BETWEEN_SMALL_ONES_MS = 300
const SETTLE_MS = 60_000
const TOKEN = 'a-token-for-tests-only'
const CONFIG = fileURLToPath(new URL('../../../holdfast.config.ts', import.meta.url))
/** The supervisor's own option: V8 sizes its nursery for the whole machine otherwise. */
const AS_NPM_START = ['--max-semi-space-size=4', '--heap-growing-percent=30']
const MAX_WORKER_BYTES = 250_000_000

/** An ingest that somebody submitted, and may have been told so. */
interface Submission {
  readonly id: string
  readonly namespace: string
}

describe('an ingest of real files', () => {
  it(
    `survives kill -9 of workers and API at ${KILLS} random moments: nothing lost, nothing done twice`,
    async () => {
      console.log(`HOLDFAST_STORM_SEED=${SEED} HOLDFAST_STORM_KILLS=${KILLS}`)
      const storm = await Storm.begin()
      await storm.rage(randomFrom(SEED))
      await storm.settle()

      console.log(storm.expectWhole())
    },
    SETTLE_MS + 60_000 + KILLS * 2_000,
  )
})

/** One API and two workers on one file, clients that submit to it, and somebody who kills. */
class Storm {
  /** Ingests of the whole corpus: there is always one under way. */
  readonly #whole: Submission[] = []
  /** Small ones, submitted once each and never again: those that the API said it has. */
  readonly #acknowledged: Submission[] = []

  private constructor(
    private readonly corpus: Corpus,
    private readonly dataDir: string,
    private readonly api: StandingProgram,
    private readonly workers: readonly StandingProgram[],
    private readonly http: HttpApi,
  ) {}

  static async begin(): Promise<Storm> {
    const folder = await realpath(await mkdtemp(join(tmpdir(), 'holdfast-storm-')))
    onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }))
    const root = join(folder, 'files')
    await mkdir(root)
    const corpus = await makeCorpus(root)
    const dataDir = join(folder, 'data')
    const env = { HOLDFAST_CONFIG: CONFIG, HOLDFAST_INGEST_ROOTS: root, HOLDFAST_TOKEN: TOKEN }
    const programs = [PROGRAMS.api, PROGRAMS.worker, PROGRAMS.worker].map(
      (script) => new StandingProgram(script, { dataDir, env, nodeArgs: AS_NPM_START }),
    )
    onTestFinished(async () => void (await Promise.all(programs.map((program) => program.kill()))))
    await Promise.all(programs.map((program) => program.ready()))
    const [api, ...workers] = programs as [StandingProgram, ...StandingProgram[]]
    return new Storm(corpus, dataDir, api, workers, new HttpApi(api, TOKEN))
  }

  /** Kills one process after the other while ingests run and more are submitted. */
  async rage(random: () => number): Promise<void> {
    await this.#submitWhole()
    const over = new AbortController()
    const clients = [this.#keepSubmitting(over.signal), this.#keepIngesting(over.signal)]
    const programs = [this.api, ...this.workers]
    for (let kill = 0; kill < KILLS; kill++) {
      const target = programs[Math.floor(random() * programs.length)]
      // Most die at work, the others wherever they are in starting.
      if (random() < SHARE_AT_WORK) await target?.ready()
      await sleep(random() * LONGEST_PAUSE_MS)
      await target?.killAndRestart()
    }
    over.abort()
    await Promise.all(clients)
  }

  /** Waits until nothing is left to do, then stops every process. */
  async settle(): Promise<void> {
    const active = async () => (await this.http.get<{ tasks: TaskView[] }>('/v1/tasks?state=active'))?.tasks
    await expect.poll(active, { timeout: SETTLE_MS, interval: 100 }).toEqual([])
    const exits = await Promise.all([this.api, ...this.workers].map((program) => program.stop()))
    expect(exits).toEqual(exits.map(() => ({ code: 0, signal: null })))
  }

  /** Looks at the file that is left, and says in a line what it has been through. */
  expectWhole(): string {
    const ledger = new Ledger(join(this.dataDir, 'holdfast.db'))
    expect(ledger.problems()).toEqual([])
    expect(ledger.takenBack()).toBeGreaterThan(0)

    const states = new Map(ledger.tasks().map(({ id, state }) => [id, state]))
    expect(this.#acknowledged.length).toBeGreaterThan(0)
    for (const { id } of [...this.#whole, ...this.#acknowledged])
      expect([id, states.get(id)]).toEqual([id, 'completed'])
    expect([...states.values()].filter((state) => state !== 'completed')).toEqual([])

    expect(ledger.notEndedOnce()).toEqual([])
    expect(ledger.brokenJournals()).toEqual([])
    for (const submission of this.#whole) this.#expectIngested(ledger, submission)
    const peakBytes = Math.max(...this.workers.map((worker) => worker.peakBytes))
    expect(peakBytes).toBeLessThan(MAX_WORKER_BYTES)
    return [
      `${KILLS} kills, ${ledger.takenBack()} items taken back from the dead`,
      `${this.#whole.length} ingests of ${this.corpus.files} files, ${this.#acknowledged.length} small ones acknowledged`,
      `a worker held ${Math.round(peakBytes / 1e6)} MB at most`,
    ].join('; ')
  }

  /** One item per file, each ended as its file deserves, and each file's sections there once, written once. */
  #expectIngested(ledger: Ledger, { id, namespace }: Submission): void {
    const { taken, refused, files } = this.corpus
    expect(files).toBeGreaterThan(1_000)
    const items = ledger.items(id).filter(({ isRoot }) => isRoot === 0)
    const endings = (rows: typeof items) => rows.map(({ path, state, code }) => [path, state, code]).sort()
    expect(endings(items)).toEqual(
      [
        ...[...taken.keys()].map((path) => [path, 'completed', null]),
        ...[...refused].map(([path, code]) => [path, 'failed', code]),
      ].sort(),
    )
    expect(ledger.documents(namespace)).toEqual([...taken.keys()].sort().map((path) => ({ path, version: 1 })))
    expect(ledger.sections(namespace)).toEqual(
      [...taken.keys()]
        .sort()
        .flatMap((path) => (taken.get(path) ?? []).map((section) => ({ path, version: 1, ...section }))),
    )
  }

  async #submitWhole(): Promise<void> {
    const submission = { id: uuidV7(), namespace: `whole-${this.#whole.length}` }
    this.#whole.push(submission)
    const { namespace } = submission
    await this.http.submitForCertain(submission.id, 'ingest', { folder: this.corpus.folder, namespace })
  }

  /** As soon as one ingest of everything is done, another begins: each kill finds work to interrupt. */
  async #keepIngesting(over: AbortSignal): Promise<void> {
    while (!over.aborted) {
      const current = this.#whole.at(-1)
      const task = await this.http.get<TaskView>(`/v1/tasks/${current?.id}`)
      if (task?.state === 'completed' && !over.aborted) await this.#submitWhole()
      await sleep(50)
    }
  }

  async #keepSubmitting(over: AbortSignal): Promise<void> {
    for (let n = 0; !over.aborted; n++) {
      const submission = { id: uuidV7(), namespace: `small-${n}` }
      const input = { folder: join(this.corpus.folder, 'broken'), namespace: submission.namespace }
      if (await this.http.submit(submission.id, 'ingest', input)) this.#acknowledged.push(submission)
      await sleep(BETWEEN_SMALL_ONES_MS)
    }
  }
}
