import { TOKEN } from './programs.mjs'

const TIMEOUT_MS = 10_000

/**
 * Asks an API that may be killed at any moment.
 *
 * @param {import('@holdfast/testkit').StandingProgram} api
 */
export const httpClient = (api) => {
  /** @returns the answer; undefined where there was none, and what was asked may have happened or not. */
  const ask = async (path, { method = 'GET', body, headers = {} } = {}) => {
    try {
      const { url } = await api.ready()
      const response = await fetch(`${url}${path}`, {
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
