import type { LeaseRef } from '@holdfast/store'
import { leaseKey } from '../lease-key.js'
import type { Execution } from './execution.js'

/** The attempts that run now, at most `size` of them. */
export class Slots {
  readonly #running = new Set<Execution>()
  #emptied: (() => void)[] = []

  constructor(private readonly size: number) {}

  get free(): number {
    return this.size - this.#running.size
  }

  get taken(): number {
    return this.#running.size
  }

  running(): readonly Execution[] {
    return [...this.#running]
  }

  /** The attempt under this very lease, if it runs. */
  find(lease: LeaseRef): Execution | undefined {
    return this.running().find((execution) => leaseKey(execution.lease) === leaseKey(lease))
  }

  take(execution: Execution): void {
    this.#running.add(execution)
  }

  leave(execution: Execution): void {
    this.#running.delete(execution)
    if (this.#running.size > 0) return
    for (const emptied of this.#emptied.splice(0)) emptied()
  }

  /** Resolves once nothing runs. */
  empty(): Promise<void> {
    if (this.#running.size === 0) return Promise.resolve()
    return new Promise((resolve) => this.#emptied.push(resolve))
  }
}
