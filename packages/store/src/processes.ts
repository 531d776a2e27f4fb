import type { ProcessKind, ProcessState } from '@holdfast/schema'
import { operation, query, type Operation } from './operation.js'

export interface ProcessRecord {
  readonly id: string
  readonly kind: ProcessKind
  readonly host: string
  readonly pid: number
  readonly version: string
  readonly state: ProcessState
  readonly startedAtMs: number
  readonly heartbeatAtMs: number
  readonly endedAtMs: number | null
}

export const registerProcess: Operation<
  {
    readonly id: string
    readonly kind: ProcessKind
    readonly host: string
    readonly pid: number
    readonly version: string
    readonly nowMs: number
  },
  { readonly registered: true }
> = operation('processes.register')

/** Says that the process lives. `alive` is false when others have taken it for dead: it must register anew. */
export const heartbeatProcess: Operation<{ readonly id: string; readonly nowMs: number }, { readonly alive: boolean }> =
  operation('processes.heartbeat')

/** Says goodbye. */
export const stopProcess: Operation<{ readonly id: string; readonly nowMs: number }, { readonly stopped: boolean }> =
  operation('processes.stop')

export const listProcesses: Operation<
  { readonly state: ProcessState | null; readonly limit: number },
  readonly ProcessRecord[]
> = query('processes.list')
