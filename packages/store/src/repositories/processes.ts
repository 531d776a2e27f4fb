import { PROCESS_KINDS, PROCESS_STATES, type ProcessKind, type ProcessState } from '@holdfast/schema'
import { InvalidInputError } from '../errors.js'
import { checkInteger, checkName } from '../input.js'
import {
  heartbeatProcess,
  listProcesses,
  registerProcess,
  stopProcess,
  type ProcessRecord,
} from '../processes.js'
import type { RepositoryContext } from './context.js'
import { pageLimit } from './page.js'

export interface NewProcess {
  readonly id: string
  readonly kind: ProcessKind
  readonly host: string
  readonly pid: number
  readonly version: string
}

/** The OS processes that have the store open, of all tenants. */
export class Processes {
  constructor(protected readonly context: RepositoryContext) {}

  /** Enters a process as alive. With an id that is known it enters it anew. */
  async register({ id, kind, host, pid, version }: NewProcess): Promise<void> {
    if (!PROCESS_KINDS.includes(kind))
      throw new InvalidInputError(`kind must be one of ${PROCESS_KINDS.join(', ')}, not ${String(kind)}`, { kind })
    await this.context.submits.submit(registerProcess, {
      id: checkName('id', id),
      kind,
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
  heartbeat(id: string): Promise<{ readonly alive: boolean }> {
    const nowMs = this.context.clock.nowMs()
    return this.context.submits.submit(heartbeatProcess, { id: checkName('id', id), nowMs })
  }

  /** Says goodbye. `stopped` is false when it was not alive. */
  stop(id: string): Promise<{ readonly stopped: boolean }> {
    const nowMs = this.context.clock.nowMs()
    return this.context.submits.submit(stopProcess, { id: checkName('id', id), nowMs })
  }

  /** Newest first; within one state, the last that was heard of first. */
  async list(
    options: { readonly state?: ProcessState; readonly limit?: number } = {},
  ): Promise<readonly ProcessRecord[]> {
    const { state = null, limit } = options
    if (state !== null && !PROCESS_STATES.includes(state))
      throw new InvalidInputError(`state must be one of ${PROCESS_STATES.join(', ')}, not ${String(state)}`, { state })
    return this.context.submits.submit(listProcesses, { state, limit: pageLimit(limit) })
  }
}
