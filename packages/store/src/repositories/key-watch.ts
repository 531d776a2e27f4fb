import { ClockWatch } from '../clock-watch.js'
import type { Clock } from '../clock.js'
import { HEARTBEATS_PER_LEASE, WATCHED_KEYS } from '../defaults.js'
import type { KeyTrust, SeenKey } from '../idempotency.js'

/** A pending key as a caller was told of it. */
export interface ToldKey extends SeenKey {
  readonly leaseMs: number
}

interface Watched extends ToldKey {
  readonly sinceMonotonicMs: number
}

/**
 * Tells owners of keys who are gone from those who live, although somebody sets the wall clock.
 *
 * Set forwards, every lease looks expired: one is believed to be only once its owner has had the time for a heartbeat,
 * a third of its length, since this store saw the clock jump. Set back, a dead owner's lease has hours to go: a key
 * that stood unchanged for longer than its lease by monotonic time has nobody behind it. What is proven (a process that
 * ended, an earlier attempt) waits for neither.
 *
 * One per store, for all tenants. It holds the last {@link WATCHED_KEYS} keys that callers were told are in progress.
 */
export class KeyWatch {
  readonly #clockWatch: ClockWatch
  readonly #openedAtMs: number
  #jumpedAtMs: number | undefined
  readonly #watched = new Map<string, Watched>()

  constructor(private readonly clock: Clock) {
    this.#clockWatch = new ClockWatch(clock)
    this.#openedAtMs = clock.monotonicMs()
  }

  /** Asked after the wall clock was read for the same call, so that no jump comes between. */
  trust(tenant: string, key: string, isPatient: boolean): KeyTrust {
    return { trustedLeaseMs: this.trustedLeaseMs(isPatient), overdue: this.#overdue(nameOf(tenant, key)) }
  }

  /**
   * The longest lease whose expiry by the wall clock is believed now, in ms.
   *
   * @param isPatient Whether the start of this store counts like a jump: what was before, it hasn't seen.
   */
  trustedLeaseMs(isPatient: boolean): number {
    const nowMs = this.clock.monotonicMs()
    if (this.#clockWatch.hasJumped()) this.#jumpedAtMs = nowMs
    const sinceMs = this.#jumpedAtMs ?? (isPatient ? this.#openedAtMs : undefined)
    return sinceMs === undefined ? Number.MAX_SAFE_INTEGER : Math.floor(HEARTBEATS_PER_LEASE * (nowMs - sinceMs))
  }

  /** Notes a key that somebody else works on, as it is now. */
  note(tenant: string, key: string, told: ToldKey): void {
    const name = nameOf(tenant, key)
    const before = this.#watched.get(name)
    const stands = before?.fencingToken === told.fencingToken && before.leaseExpiresAtMs === told.leaseExpiresAtMs
    const sinceMonotonicMs = stands ? before.sinceMonotonicMs : this.clock.monotonicMs()
    // Put in anew, so that the first one of the map is the one that nobody has asked for the longest.
    this.#watched.delete(name)
    this.#watched.set(name, { ...told, sinceMonotonicMs })
    const [oldest] = this.#watched.keys()
    if (this.#watched.size > WATCHED_KEYS && oldest !== undefined) this.#watched.delete(oldest)
  }

  forget(tenant: string, key: string): void {
    this.#watched.delete(nameOf(tenant, key))
  }

  #overdue(name: string): SeenKey | null {
    const seen = this.#watched.get(name)
    if (!seen || this.clock.monotonicMs() - seen.sinceMonotonicMs <= seen.leaseMs) return null
    const { fencingToken, leaseExpiresAtMs } = seen
    return { fencingToken, leaseExpiresAtMs }
  }
}

/** No name holds a NUL. */
const nameOf = (tenant: string, key: string): string => `${tenant}\0${key}`
