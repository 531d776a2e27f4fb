import type { ProcessKind } from '@holdfast/store'
import { hostname } from 'node:os'
import { PROCESS_HEARTBEAT_MS } from '../defaults.js'
import type { EngineStore } from '../engine-store.js'
import { pause, systemTimers, type Timers } from '../timers.js'

export interface RegisteredProcessOptions {
  readonly store: EngineStore
  readonly kind: ProcessKind
  /** Of the program that runs, for people to read. */
  readonly version: string
  readonly heartbeatMs?: number
  readonly timers?: Timers
  readonly onError?: (error: unknown) => void
}

/**
 * This OS process as others see it: a row that says what it is and that it lives. Its death is noticed by the lock
 * that the store holds, not by this row growing old; leases name the row, so that a dead process's go back at once.
 */
export class RegisteredProcess {
  readonly id: string
  #stopped = new AbortController()
  #loop: Promise<void> | undefined

  constructor(private readonly options: RegisteredProcessOptions) {
    this.id = options.store.info().processId
  }

  /** Registers, before the first claim. A second start is a no-op. */
  async start(): Promise<void> {
    if (this.#loop) return
    await this.#register()
    this.#stopped = new AbortController()
    this.#loop = this.#beat(this.#stopped.signal)
  }

  /** Says goodbye; nobody needs to look whether it died. */
  async stop(): Promise<void> {
    if (!this.#loop) return
    this.#stopped.abort()
    await this.#loop
    this.#loop = undefined
    await this.options.store.processes.stop(this.id)
  }

  async #register(): Promise<void> {
    const { store, kind, version } = this.options
    await store.processes.register({ id: this.id, kind, host: hostname(), pid: process.pid, version })
  }

  async #beat(stopped: AbortSignal): Promise<void> {
    const { store, timers = systemTimers, heartbeatMs = PROCESS_HEARTBEAT_MS, onError = () => {} } = this.options
    while (!stopped.aborted) {
      await pause(timers, heartbeatMs, stopped)
      if (stopped.aborted) return
      try {
        const { alive } = await store.processes.heartbeat(this.id)
        if (!alive) await this.#register()
      } catch (error) {
        onError(error)
      }
    }
  }
}

/** This process's row in the store; `start()` it before the worker. */
export const createProcess = (options: RegisteredProcessOptions): RegisteredProcess => new RegisteredProcess(options)
