import { RequestRefusedError } from '../problem.js'

/**
 * Bytes of bodies that are kept at once when nothing else is said: sixteen of the largest. No less than one of the
 * largest is of use: what doesn't fit alone is never taken.
 */
export const MAX_KEPT_BYTES: number = 32 * 1_048_576

/** One body of which something is kept. */
export interface KeptBody {
  bytes: number
  /** Others got its room: nothing of it is kept any more. */
  isCutOff: boolean
  readonly onCutOff: () => void
}

/**
 * The bytes of request bodies that are kept now, over all requests: while they arrive, and then until they are answered.
 *
 * When there is no more room, the body that has been arriving longest is cut off, so that the room is for those who send
 * and not for those who wait: to keep others out, one would have to send the whole budget again in the time that they
 * need for one body. Bodies that are small beside the others (less than half of what each has on average) are left
 * alone: cutting them would make little room, and somebody with a short request may have a slow line. What has arrived
 * whole is never cut off, as it may be half done.
 */
export class BodyBudget {
  /** Oldest first. */
  readonly #arriving = new Set<KeptBody>()
  #keptBytes = 0

  constructor(readonly limitBytes: number = MAX_KEPT_BYTES) {}

  get keptBytes(): number {
    return this.#keptBytes
  }

  /** Begins with nothing. Whoever opens it must {@link close} it; `onCutOff` is called at most once. */
  open(onCutOff: () => void): KeptBody {
    const body = { bytes: 0, isCutOff: false, onCutOff }
    this.#arriving.add(body)
    return body
  }

  /**
   * Takes room for all that is kept of an arriving body, if need be from others.
   *
   * @throws {RequestRefusedError} `http.overloaded`: this one is to go, and has no room any more.
   */
  resize(body: KeptBody, bytes: number): void {
    this.#keptBytes += bytes - body.bytes
    body.bytes = bytes
    while (this.#keptBytes > this.limitBytes) {
      const victim = this.#nextToGo() ?? body
      this.close(victim)
      victim.isCutOff = true
      if (victim === body) throw this.refusal()
      victim.onCutOff()
    }
  }

  /** It is whole: it keeps its room until it is closed. */
  arrived(body: KeptBody): void {
    this.#arriving.delete(body)
  }

  /** Gives all of its room back; a second time does nothing. */
  close(body: KeptBody): void {
    this.#arriving.delete(body)
    this.#keptBytes -= body.bytes
    body.bytes = 0
  }

  refusal(): RequestRefusedError {
    return new RequestRefusedError('http.overloaded', `bodies may take ${this.limitBytes} bytes together`, {
      details: { limitBytes: this.limitBytes },
    })
  }

  #nextToGo(): KeptBody | undefined {
    const bodies = [...this.#arriving]
    const bytes = bodies.reduce((sum, body) => sum + body.bytes, 0)
    return bodies.find((body) => body.bytes * 2 * bodies.length >= bytes)
  }
}
