import type { Liveness, ProcessLiveness } from '../../liveness.js'
import { forgetProcess, type OpenLockFile, probeProcess } from './process-lock.js'

/** Tells which processes of one file live. */
export class FileLiveness implements Liveness {
  constructor(
    private readonly databasePath: string,
    private readonly processId: string,
    private readonly open: OpenLockFile,
  ) {}

  async probe(processId: string): Promise<ProcessLiveness> {
    if (processId === this.processId) return 'alive'
    return probeProcess(this.databasePath, processId, this.open)
  }

  async forget(processId: string): Promise<void> {
    if (processId !== this.processId) forgetProcess(this.databasePath, processId, this.open)
  }
}

/** A database in memory has one process, which lives while anybody can ask. */
export class MemoryLiveness implements Liveness {
  constructor(private readonly processId: string) {}

  async probe(processId: string): Promise<ProcessLiveness> {
    return processId === this.processId ? 'alive' : 'unknown'
  }

  async forget(): Promise<void> {}
}
