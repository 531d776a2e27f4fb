import { PROCESS_KINDS, PROCESS_STATES, type ProcessKind, type ProcessState } from '@holdfast/schema'
import { PAGE_LIMIT } from '../defaults.js'
import { checkInteger, checkName } from '../input.js'
import { heartbeatProcess, listProcesses, registerProcess, stopProcess, type ProcessRecord } from '../processes.js'
import type { RepositoryContext } from './context.js'
import { checkOneOf, checkPage } from './edge.js'

export interface NewProcess {
  readonly id: string
  readonly kind: ProcessKind
  readonly host: string
  readonly pid: number
  readonly version: string
}

/** The OS processes that have the store open, of all tenants. */
export class Processes {
  constructor(private readonly context: RepositoryContext) {}

  /** Enters a process as alive. With an id that is known it enters it anew. */
  async register({ id, kind, host, pid, version }: NewProcess): Promise<void> {
    await this.context.submits.submit(registerProcess, {
      id: checkName('id', id),
      kind: checkOneOf('kind', kind, PROCESS_KINDS),
      host: checkName('host', host),
      pid: checkInteger('pid', pid, 0, Number.MAX_SAFE_INTEGER),
      version: checkName('version', version),
      nowMs: this.context.clock.nowMs(),
    })
  }

  /**
   * Says that the process lives.
   *
   * @returns `alive: false` when it is not registered, has stopped, or was taken for dead: its leases are gone, and
   * it must register anew.
   */
  async heartbeat(id: string): Promise<{ readonly alive: boolean }> {
    const nowMs = this.context.clock.nowMs()
    return this.context.submits.submit(heartbeatProcess, { id: checkName('id', id), nowMs })
  }

  /** Says goodbye. `stopped` is false when it was not alive. */
  async stop(id: string): Promise<{ readonly stopped: boolean }> {
    const nowMs = this.context.clock.nowMs()
    return this.context.submits.submit(stopProcess, { id: checkName('id', id), nowMs })
  }

  /** Newest first; within one state, the last that was heard of first. */
  async list(
    options: { readonly state?: ProcessState; readonly limit?: number } = {},
  ): Promise<readonly ProcessRecord[]> {
    const { state, limit = PAGE_LIMIT } = options
    return this.context.submits.submit(listProcesses, {
      state: state === undefined ? null : checkOneOf('state', state, PROCESS_STATES),
      limit: checkPage(limit),
    })
  }
}
