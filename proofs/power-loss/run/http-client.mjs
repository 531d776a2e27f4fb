const TIMEOUT_MS = 20_000
const AGAIN_MS = 20

/** Asks an API that may be gone at any moment. */
export class HttpClient {
  /** @param {{ url: () => Promise<string>, token: string }} options */
  constructor(options) {
    this.options = options
  }

  /** @returns {Promise<any>} Undefined when nobody answered, or not with a success: it may have happened or not. */
  async ask(method, path, { body, key } = {}) {
    try {
      const response = await fetch(`${await this.options.url()}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${this.options.token}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(key === undefined ? {} : { 'idempotency-key': key }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      })
      const answer = await response.json()
      return response.ok ? answer : undefined
    } catch {
      return undefined
    }
  }

  /** Asks until `isEnough` is content, for at most `limitMs`. */
  async until(isEnough, limitMs, ...request) {
    for (const deadlineMs = performance.now() + limitMs; performance.now() < deadlineMs; ) {
      const answer = await this.ask(...request)
      if (answer !== undefined && isEnough(answer)) return answer
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS))
    }
    throw new Error(`${request.slice(0, 2).join(' ')} did not come to an end in ${limitMs} ms`)
  }
}
