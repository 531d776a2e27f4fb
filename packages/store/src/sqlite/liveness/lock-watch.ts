import { LEASE_THREAD_SUFFIX, type ProcessLiveness } from '../../liveness.js'
import type { StoreWarning } from '../../store.js'
import { toStoreError } from '../database-errors.js'
import { LockProbe } from './lock-probe.js'
import { listProcessLocks, type OpenLockFile } from './process-lock.js'

/** Lock files kept open between two looks: a descriptor each. Those beyond are opened for each look. */
const MOST_OPEN = 128

/**
 * Looks at the locks of all other processes, again and again: not at its own, nor at that of its lease thread, which
 * lives as long as it does; asking after that one took a quarter of what an idle worker's main thread did. The files of
 * those that live stay open meanwhile: a look at six processes takes some 0.1 ms, at fifty some 0.7.
 */
export class LockWatch {
  readonly #open = new Map<string, LockProbe>()
  /** Told of once, until they can be asked again. */
  readonly #failing = new Set<string>()

  constructor(
    private readonly databasePath: string,
    private readonly processId: string,
    private readonly openFile: OpenLockFile,
    private readonly onWarning: (warning: StoreWarning) => void,
  ) {}

  /** The ids of the processes whose lock file is there and held by nobody. */
  dead(): readonly string[] {
    const own = [this.processId, `${this.processId}${LEASE_THREAD_SUFFIX}`]
    const others = listProcessLocks(this.databasePath).filter((id) => !own.includes(id))
    this.#keepOnly(new Set(others))
    return others.filter((id) => this.#look(id) === 'dead')
  }

  close(): void {
    this.#keepOnly(new Set())
  }

  #look(id: string): ProcessLiveness {
    try {
      const probe = this.#open.get(id) ?? LockProbe.open(this.databasePath, id, this.openFile)
      if (!probe) return 'unknown'
      this.#open.set(id, probe)
      const found = probe.look()
      if (found !== 'alive' || this.#open.size > MOST_OPEN) this.#drop(id)
      this.#failing.delete(id)
      return found
    } catch (error) {
      this.#drop(id)
      this.#warn(id, error)
      return 'unknown'
    }
  }

  #drop(id: string): void {
    this.#open.get(id)?.close()
    this.#open.delete(id)
  }

  /** Closes the files of processes that have left. */
  #keepOnly(ids: ReadonlySet<string>): void {
    for (const id of this.#open.keys()) if (!ids.has(id)) this.#drop(id)
    for (const id of this.#failing) if (!ids.has(id)) this.#failing.delete(id)
  }

  #warn(processId: string, error: unknown): void {
    if (this.#failing.has(processId)) return
    this.#failing.add(processId)
    const { code, message } = toStoreError(error)
    this.onWarning({ code: 'liveness.probe_failed', message, details: { processId, reason: code } })
  }
}
