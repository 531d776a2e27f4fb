import type { Liveness, ProcessLiveness } from '../../liveness.js'
import type { StoreWarning } from '../../store.js'
import { forgetProcess, probeProcess } from './lock-probe.js'
import { LockWatch } from './lock-watch.js'
import type { OpenLockFile } from './process-lock.js'

/** Tells which processes of one file live. */
export class FileLiveness implements Liveness {
  readonly #watch: LockWatch

  constructor(
    private readonly databasePath: string,
    private readonly processId: string,
    private readonly open: OpenLockFile,
    onWarning: (warning: StoreWarning) => void,
  ) {
    this.#watch = new LockWatch(databasePath, processId, open, onWarning)
  }

  async probe(processId: string): Promise<ProcessLiveness> {
    if (processId === this.processId) return 'alive'
    return probeProcess(this.databasePath, processId, this.open)
  }

  async dead(): Promise<readonly string[]> {
    return this.#watch.dead()
  }

  async forget(processId: string): Promise<boolean> {
    return processId !== this.processId && forgetProcess(this.databasePath, processId, this.open)
  }

  close(): void {
    this.#watch.close()
  }
}

/** A database in memory has one process, which lives while anybody can ask. */
export class MemoryLiveness implements Liveness {
  constructor(private readonly processId: string) {}

  async probe(processId: string): Promise<ProcessLiveness> {
    return processId === this.processId ? 'alive' : 'unknown'
  }

  async dead(): Promise<readonly string[]> {
    return []
  }

  async forget(): Promise<boolean> {
    return false
  }
}
