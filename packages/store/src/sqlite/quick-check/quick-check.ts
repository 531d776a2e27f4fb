import { StoreCorruptError, type StoreError, errorOf } from '../../errors.js'
import type { Operation, Verdict } from '../../operation.js'
import { checkableTables, checkTable } from '../../quick-check.js'
import type { FileCheck, StoreWarning } from '../../store.js'
import type { Submission } from '../group.js'
import type { Timers } from '../timers.js'

export interface QuickCheckOptions {
  readonly read: (submission: Submission) => Promise<Verdict<unknown>>
  /** No table is begun after this. */
  readonly budgetMs: number
  readonly timers: Timers
  /** Nothing may be written any more, and why. */
  readonly onDamage: (damage: StoreError) => void
  readonly onWarning: (warning: StoreWarning) => void
}

/** How long the opening of a store waits for the check: a file of some hundred megabytes is through by then. */
const START_WAIT_MS = 2_000

/**
 * SQLite's quick check, after a stop that was not clean: each table with its indexes, one statement each, so that no read
 * holds up the WAL for longer than the largest table takes. It reads every page of what it comes to, and compares no
 * index with its table: `holdfast doctor --full` does.
 *
 * Where it finds damage, nothing more is written: every write is refused with what it found. Reads go on.
 */
export class QuickCheck {
  #state: FileCheck = 'not_needed'
  #damage: StoreError | undefined
  #isOpening = true

  constructor(private readonly options: QuickCheckOptions) {}

  get state(): FileCheck {
    return this.#state
  }

  /**
   * Checks, and waits for the end of it for a moment; then it goes on beside the work.
   *
   * @throws {StoreCorruptError} `store.corrupt`: damage was found by then.
   */
  async begin(): Promise<void> {
    this.#state = 'running'
    const { timers } = this.options
    let cancel = (): void => {}
    const waited = new Promise<void>((resolve) => {
      cancel = timers.after(START_WAIT_MS, resolve)
    })
    await Promise.race([this.#run(), waited])
    cancel()
    this.#isOpening = false
    if (this.#damage) throw this.#damage
  }

  async #run(): Promise<void> {
    try {
      this.#state = (await this.#checkAll()) ? 'sound' : 'cut_short'
    } catch (error) {
      // A reader that is closed or busy says nothing about the file.
      const isDamage = error instanceof StoreCorruptError
      this.#damage = isDamage ? error : undefined
      this.#state = isDamage ? 'damaged' : 'cut_short'
      if (this.#damage) this.options.onDamage(this.#damage)
    }
    if (!this.#isOpening) this.#tell()
  }

  /** @returns whether it came to the end. @throws {StoreCorruptError} */
  async #checkAll(): Promise<boolean> {
    const { timers, budgetMs } = this.options
    const untilMs = timers.monotonicMs() + budgetMs
    for (const table of await this.#ask(checkableTables, {})) {
      if (timers.monotonicMs() > untilMs) return false
      const found = await this.#contradictionsIn(table)
      if (found.length > 0)
        throw new StoreCorruptError(
          `the file is damaged in ${table}: ${found[0]}. Nothing is written any more; restore a backup`,
          { table, contradictions: found.length },
        )
    }
    return true
  }

  /** What the check answers, or that it couldn't even read the table. */
  async #contradictionsIn(table: string): Promise<readonly string[]> {
    try {
      return await this.#ask(checkTable, { table })
    } catch (error) {
      if (error instanceof StoreCorruptError) return [error.message]
      throw error
    }
  }

  async #ask<Args, Result>({ name }: Operation<Args, Result>, args: Args): Promise<Result> {
    const verdict = await this.options.read({ name, args })
    if (!verdict.ok) throw errorOf(verdict.refusal)
    return verdict.value as Result // The binding under this name has the operation's own result type.
  }

  #tell(): void {
    const details = { state: this.#state }
    const message = this.#damage?.message ?? MESSAGES[this.#state]
    this.options.onWarning({ code: this.#damage?.code ?? 'file.checked', message, details })
  }
}

const MESSAGES: Readonly<Record<FileCheck, string>> = {
  not_needed: 'the last stop was clean',
  running: 'the file is being checked after an unclean stop',
  sound: 'the file was checked after an unclean stop, and is sound',
  cut_short: 'the check after an unclean stop was cut short: holdfast doctor --full looks at all of the file',
  damaged: 'the file is damaged',
}
