import { RequestRefusedError } from '../problem.js'

/** Streams that may be open at once when nothing else is said: each polls the store up to four times a second. */
export const MAX_STREAMS = 64

/** The event streams that are open now: capped, and ended together when the server stops. */
export class OpenStreams {
  readonly #open = new Set<AbortController>()
  #isClosed = false

  constructor(readonly limit: number = MAX_STREAMS) {}

  get size(): number {
    return this.#open.size
  }

  /**
   * Takes a place. The stream ends when the controller aborts, whoever does it, and then gives the place back by
   * {@link close}.
   *
   * @throws {RequestRefusedError} `http.too_many_streams`; `store.closed` once the server is stopping.
   */
  open(): AbortController {
    if (this.#isClosed) throw new RequestRefusedError('store.closed', 'the server is stopping')
    if (this.#open.size >= this.limit) {
      throw new RequestRefusedError('http.too_many_streams', `${this.limit} streams are open, which is the limit`, {
        details: { limit: this.limit },
      })
    }
    const stream = new AbortController()
    this.#open.add(stream)
    return stream
  }

  close(stream: AbortController): void {
    stream.abort()
    this.#open.delete(stream)
  }

  /** Ends every stream and takes no more. Clients connect again elsewhere and go on after their last event. */
  closeAll(): void {
    this.#isClosed = true
    for (const stream of this.#open) stream.abort()
  }
}
