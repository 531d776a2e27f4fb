import type { GroupOutcome, Submission } from '../group.js'

/** Groups that a writer thread has at a time: the one it runs, and one behind it, so that it never waits for work. */
export const DEPTH = 2

/** A group on its way to the thread. */
export interface HandedGroup {
  /** Counts up by one. */
  readonly number: number
  /** The last group whose outcome the sender knew when it handed this one over. */
  readonly heard: number
  readonly group: readonly Submission[]
}

/** Which of the groups in the line the thread has begun. Outlives the thread, so that its death leaves no doubt. */
export class BegunGroups {
  readonly #flags: Int32Array

  constructor(readonly memory: SharedArrayBuffer = new SharedArrayBuffer(DEPTH * Int32Array.BYTES_PER_ELEMENT)) {
    this.#flags = new Int32Array(memory)
  }

  /** By the sender, before it hands the group over: the one that had its place was answered. */
  await(number: number): void {
    Atomics.store(this.#flags, number % DEPTH, 0)
  }

  /** By the thread, before anything of the group runs. */
  begin(number: number): void {
    Atomics.store(this.#flags, number % DEPTH, 1)
  }

  has(number: number): boolean {
    return Atomics.load(this.#flags, number % DEPTH) === 1
  }
}

/**
 * The thread's end of the line. Groups run in the order in which they were handed over: when one was cut, whatever
 * its sender had put behind it without knowing that goes back unrun, because the rest of the cut one comes first.
 */
export class GroupLine {
  #cutAt = 0

  constructor(
    private readonly begun: Pick<BegunGroups, 'begin'>,
    private readonly run: (group: readonly Submission[]) => GroupOutcome,
  ) {}

  next({ number, heard, group }: HandedGroup): GroupOutcome {
    if (heard < this.#cutAt) return notRun(group)
    this.begun.begin(number)
    const outcome = this.run(group)
    if (outcome.notRun) this.#cutAt = number
    return outcome
  }
}

/** Nothing of it has run: it is the sender's again. */
export const notRun = (group: readonly Submission[]): GroupOutcome => ({
  verdicts: [],
  notRun: group.length,
  groupSize: 0,
  ranAlone: false,
})
