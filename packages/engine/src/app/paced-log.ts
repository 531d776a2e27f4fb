/** How often the same trouble is told while it lasts. */
const SAID_EVERY_MS = 30_000
/** Kinds of trouble that are remembered; the oldest goes first. */
const MOST_KINDS = 200

/** The part of a logger that tells of trouble. */
export interface TroubleLog {
  warn(facts: object, message: string): void
  error(facts: object, message: string): void
}

/**
 * A log that tells of one kind of trouble at once, and then only now and then while it lasts, with how often it has been
 * met in between (`repeated`). A disk that is full refuses thousands of times a second, and the log is often on it.
 *
 * @param nowMs Monotonic.
 */
export class PacedLog {
  readonly #kinds = new Map<string, { saidMs: number; omitted: number }>()

  constructor(
    private readonly log: TroubleLog,
    private readonly nowMs: () => number = () => performance.now(),
  ) {}

  /** @param kind What makes two lines the same: mostly what was done, and the code. */
  warn(kind: string, facts: object, message: string): void {
    const repeated = this.#admit(kind)
    if (repeated !== undefined) this.log.warn(withCount(facts, repeated), message)
  }

  error(kind: string, facts: object, message: string): void {
    const repeated = this.#admit(kind)
    if (repeated !== undefined) this.log.error(withCount(facts, repeated), message)
  }

  /** How often it was left out since it was last said; undefined when it is left out now as well. */
  #admit(kind: string): number | undefined {
    const known = this.#kinds.get(kind)
    const nowMs = this.nowMs()
    if (known && nowMs - known.saidMs < SAID_EVERY_MS) {
      known.omitted += 1
      return undefined
    }
    this.#kinds.delete(kind)
    this.#kinds.set(kind, { saidMs: nowMs, omitted: 0 })
    for (const oldest of this.#kinds.keys()) {
      if (this.#kinds.size <= MOST_KINDS) break
      this.#kinds.delete(oldest)
    }
    return known?.omitted ?? 0
  }
}

const withCount = (facts: object, repeated: number): object => (repeated > 0 ? { ...facts, repeated } : facts)

/** The code of an error that has one; its class otherwise. */
export const kindOfError = (error: unknown): string => {
  const { code, name } = (typeof error === 'object' && error !== null ? error : {}) as {
    code?: unknown
    name?: unknown
  }
  return typeof code === 'string' ? code : String(name ?? typeof error)
}
