import { setTimeout as sleep } from 'node:timers/promises'
import { TOKEN } from './programs.mjs'

const TIMEOUT_MS = 10_000

/**
 * Asks an API that may be killed at any moment.
 *
 * @param {Pick<import('@holdfast/testkit').StandingProgram, 'ready'>} api
 * @param {{ patienceMs?: number, fetch?: typeof globalThis.fetch }} [options] How long to wait for one that is just being
 * started; and what to ask with, where what is asked is to be recorded.
 */
export const httpClient = (api, { patienceMs = TIMEOUT_MS, fetch = globalThis.fetch } = {}) => {
  /** @returns the answer; undefined where there was none, and what was asked may have happened or not. */
  const ask = async (path, { method = 'GET', body, headers = {} } = {}) => {
    try {
      const at = await Promise.race([api.ready(), sleep(patienceMs, undefined, { ref: false })])
      if (at === undefined) return undefined
      const response = await fetch(`${at.url}${path}`, {
        method,
        signal: AbortSignal.timeout(TIMEOUT_MS),
        headers: {
          authorization: `Bearer ${TOKEN}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      const text = await response.text()
      return { status: response.status, text, headers: response.headers, json: () => JSON.parse(text) }
    } catch {
      return undefined // killed before, while or after it did what it was asked
    }
  }
  return {
    ask,
    get: (path) => ask(path),
    post: (path, body, headers) => ask(path, { method: 'POST', body, headers }),
  }
}

/** Whether the API said that it is done: an acknowledgement. */
export const isAcknowledged = (answer) => answer !== undefined && answer.status >= 200 && answer.status < 300
