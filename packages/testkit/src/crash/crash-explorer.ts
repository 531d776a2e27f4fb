import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isDeepStrictEqual } from 'node:util'
import { type FinalEvent, journalDefects } from '../history/index.js'
import { mulberry32, sampleOf } from './sample.js'
import { runOnce } from './run-once.js'
import type { CrashMoment, CrashPoint, CrashRun, DurableWrite, EndReport, TaskEnd } from './run.js'

/** Where one run has happened. */
export interface ExploredRun {
  /** The handlers' working folder, empty when the run began: what they write to files is here. */
  readonly folder: string
  /** The database file. Nobody has it open. */
  readonly path: string
  readonly taskId: string
}

/** How a run has ended, with whatever `observe` saw. */
export interface CrashOutcome extends TaskEnd {
  readonly observed: unknown
}

export interface CrashExplorerOptions {
  /** The module that exports the task definitions; a file that Node can run. */
  readonly tasks: URL | string
  /** What to submit. */
  readonly submit: { readonly type: string; readonly input?: unknown }
  /** Looks at what a run has left outside of the store, after it: files in its folder, rows elsewhere. */
  readonly observe?: (run: ExploredRun) => unknown
  /** Whether two outcomes are the same. Deep equality unless said otherwise. */
  readonly equal?: (uninterrupted: CrashOutcome, resumed: CrashOutcome) => boolean
  /** Only these crash points: to look at a violation again. */
  readonly only?: readonly CrashPoint[]
  /** Only so many of the crash points, chosen by `seed`. All of them unless said otherwise. */
  readonly sample?: number
  readonly seed?: number
  /** How long one process may take to end the task. 30 s unless said otherwise. */
  readonly timeoutMs?: number
  /** Options of Node for the processes: loaders for TypeScript. */
  readonly nodeArgs?: readonly string[]
  /** Beside PATH and the SQLite driver of this process. */
  readonly env?: Readonly<Record<string, string>>
  /** Crash points in all; a handler that writes without end is cut short there. 1,000 unless said otherwise. */
  readonly limit?: number
}

/** One crash after which the task ended another way than it does undisturbed. */
export interface CrashViolation extends CrashPoint {
  /** Types of the journal rows of the write at which the run was killed: names the place in the handler. */
  readonly journalled: readonly string[]
  /**
   * `outcome`: it differs. `journal`: the journal contradicts itself. `stuck`: it didn't end in time. `died`: the
   * process that resumed it ended by itself.
   */
  readonly kind: 'outcome' | 'journal' | 'stuck' | 'died'
  readonly what: string
  readonly found: CrashOutcome | undefined
  /** Every item's journal after the crash and the resumption. */
  readonly journals: EndReport['journals']
}

export interface CrashExploration {
  /** Durable writes of an uninterrupted run. */
  readonly writes: number
  /** Crash points that were tried. */
  readonly runs: number
  /** How the task ends when nobody disturbs it. */
  readonly outcome: CrashOutcome
  readonly violations: readonly CrashViolation[]
  /** Of the sample. */
  readonly seed: number
}

/** The built file, from source and from dist alike: the child is plain Node. */
const CHILD = fileURLToPath(new URL('../../dist/crash/crash-run.js', import.meta.url))

/**
 * Kills a task at each of its durable writes and looks whether it still ends the same way.
 *
 * Runs the task once undisturbed. Then, for k = 1, 2, 3 … and both moments, right before the COMMIT of the k-th durable
 * write and right after it: runs it anew in an empty folder on an empty file until `SIGKILL` strikes there, lets a fresh
 * process resume it, and compares the outcome with the undisturbed one. Ends with the first k that a run didn't come to.
 * The processes run the real engine and the real writer; only the durability level is `process`, because no power is cut.
 *
 * The handlers' working folder is the run's own, so effects in files begin at nothing each time.
 *
 * @returns The violations as data; none for a task that survives a crash at any of its writes.
 * @throws {Error} the undisturbed run doesn't end by itself.
 * @see ALICE: T. Pillai et al., "All File Systems Are Not Created Equal", OSDI 2014, for trying every crash point.
 */
export const crashExplorer = async (options: CrashExplorerOptions): Promise<CrashExploration> => {
  const { seed = Date.now() % 2 ** 31, limit = 1_000 } = options
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-crash-'))
  try {
    const explorer = new Explorer(folder, options)
    const { outcome, writes } = await explorer.undisturbed()
    const violations: CrashViolation[] = []
    let runs = 0
    const explore = async (points: readonly CrashPoint[]): Promise<boolean> => {
      const tried = await Promise.all(points.map((point) => explorer.crashAt(point, outcome)))
      runs += tried.filter(({ crashed }) => crashed).length
      violations.push(...tried.flatMap((each) => each.violations))
      return tried.some(({ crashed }) => crashed)
    }
    const chosen = chosenPoints(options, { seed, writes: Math.min(writes, limit) })
    if (chosen) for (const pair of inPairs(chosen)) await explore(pair)
    else for (let write = 1; write <= limit; write += 1) if (!(await explore(bothMoments(write)))) break
    return { writes, runs, outcome, violations, seed }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const MOMENTS: readonly CrashMoment[] = ['before', 'after']

const bothMoments = (write: number): readonly CrashPoint[] => MOMENTS.map((moment) => ({ write, moment }))

/** The crash points that were asked for; undefined for all, however many there turn out to be. */
const chosenPoints = (
  { only, sample }: CrashExplorerOptions,
  { seed, writes }: { readonly seed: number; readonly writes: number },
): readonly CrashPoint[] | undefined => {
  if (only !== undefined || sample === undefined) return only
  const all = Array.from({ length: writes }, (_, at) => bothMoments(at + 1)).flat()
  return sampleOf(all, sample, mulberry32(seed))
}

/** Two runs at a time: one mostly waits for its disk and for the other's death to be noticed. */
const inPairs = (points: readonly CrashPoint[]): readonly (readonly CrashPoint[])[] =>
  Array.from({ length: Math.ceil(points.length / 2) }, (_, at) => points.slice(at * 2, at * 2 + 2))

/** A folder, a file and a task for one crash, or for none. */
interface Place {
  readonly run: Omit<CrashRun, 'crash'>
  readonly work: string
}

class Explorer {
  constructor(
    private readonly folder: string,
    private readonly options: CrashExplorerOptions,
  ) {}

  async undisturbed(): Promise<{ readonly outcome: CrashOutcome; readonly writes: number }> {
    const place = await this.#place('undisturbed')
    const ended = await this.#start(place, undefined)
    if (ended.how !== 'ended') throw new Error(`the undisturbed run ${ended.what}`)
    const { outcome } = await this.#outcomeOf(place)
    const writes = await writesOf(place)
    await this.#remove(place)
    return { outcome, writes: writes.length }
  }

  /** Kills one run at `point` and resumes it; `crashed` is false when it ended before it came there. */
  async crashAt(
    point: CrashPoint,
    expected: CrashOutcome,
  ): Promise<{ readonly crashed: boolean; readonly violations: readonly CrashViolation[] }> {
    const place = await this.#place(`${point.write}-${point.moment}`)
    const first = await this.#start(place, point)
    const crashed = first.how === 'killed'
    const journalled = (await writesOf(place)).find(({ write }) => write === point.write)?.journalled ?? []
    const about = { ...point, journalled }
    const broken = (kind: CrashViolation['kind'], what: string): CrashViolation => ({
      ...about,
      kind,
      what,
      found: undefined,
      journals: {},
    })
    const resumed = crashed ? await this.#start(place, undefined) : first
    if (resumed.how !== 'ended')
      return { crashed, violations: [broken(resumed.how === 'late' ? 'stuck' : 'died', `the run ${resumed.what}`)] }
    const { outcome, journals } = await this.#outcomeOf(place)
    const { equal = isDeepStrictEqual } = this.options
    const violations: CrashViolation[] = []
    const found = { ...about, found: outcome, journals }
    if (!equal(expected, outcome))
      violations.push({ ...found, kind: 'outcome', what: 'the task ended another way than it does undisturbed' })
    for (const what of defectsOf(journals)) violations.push({ ...found, kind: 'journal', what })
    await this.#remove(place)
    return { crashed, violations }
  }

  async #place(name: string): Promise<Place> {
    const { tasks, submit } = this.options
    const home = join(this.folder, name)
    const work = join(home, 'work')
    await mkdir(work, { recursive: true })
    const run = {
      path: join(home, 'store.db'),
      tasks: String(tasks),
      type: submit.type,
      input: submit.input ?? null,
      taskId: 'explored',
      writesFile: join(home, 'writes.jsonl'),
      endFile: join(home, 'end.json'),
    }
    return { run, work }
  }

  #start({ run, work }: Place, crash: CrashPoint | undefined): ReturnType<typeof runOnce> {
    const { timeoutMs = 30_000, nodeArgs = [], env = {} } = this.options
    return runOnce(CHILD, { run: { ...run, crash }, cwd: work, timeoutMs, nodeArgs, env })
  }

  async #outcomeOf({ run, work }: Place): Promise<{ outcome: CrashOutcome; journals: EndReport['journals'] }> {
    const { journals, ...end } = JSON.parse(await readFile(run.endFile, 'utf8')) as EndReport
    const { path, taskId } = run
    const observed = await this.options.observe?.({ folder: work, path, taskId })
    return { outcome: { ...end, observed }, journals }
  }

  async #remove({ work }: Place): Promise<void> {
    await rm(join(work, '..'), { recursive: true, force: true })
  }
}

const writesOf = async ({ run }: Place): Promise<readonly DurableWrite[]> => {
  const text = await readFile(run.writesFile, 'utf8').catch(() => '') // none was made before it ended
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as DurableWrite)
}

const defectsOf = (journals: Readonly<Record<string, readonly FinalEvent[]>>): readonly string[] =>
  Object.entries(journals).flatMap(([id, events]) => journalDefects(events).map(({ what }) => `${id}: ${what}`))
