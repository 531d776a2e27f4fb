import type { KeysOfLength } from './keeper-message.js'

/** Keys of leases, apart by the length of the lease. */
export class KeysByLength {
  readonly #keys = new Map<number, string[]>()

  get isEmpty(): boolean {
    return this.#keys.size === 0
  }

  add(key: string, leaseMs: number): void {
    const keys = this.#keys.get(leaseMs)
    if (keys) keys.push(key)
    else this.#keys.set(leaseMs, [key])
  }

  /** Empties it. */
  takeAll(): readonly KeysOfLength[] {
    const all = [...this.#keys].map(([leaseMs, keys]) => ({ leaseMs, keys }))
    this.#keys.clear()
    return all
  }
}
