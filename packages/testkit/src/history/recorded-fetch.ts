import { fingerprint } from './fingerprint.js'
import type { Answer } from './operation.js'
import { answerOfRefusal, type HistoryRecorder } from './recorder.js'

/** Statuses that say that nothing was done, or nothing yet: typed refusals of the API. */
const isRefusal = (status: number): boolean => (status >= 400 && status < 500) || status === 503 || status === 507

/**
 * The same `fetch`, with every request that carries an `Idempotency-Key` in the history: its body as the key's request,
 * and the body of a 2xx answer as the key's answer, byte for byte.
 *
 * A 4xx, 503 or 507 is a refusal by the `code` of its problem document. Anything else, and a connection that breaks before
 * the whole body was read, is unknown.
 */
export const recordedFetch =
  (history: HistoryRecorder, run: typeof fetch = fetch): typeof fetch =>
  async (input, init) => {
    const request = new Request(input, init)
    const key = request.headers.get('idempotency-key')
    if (key === null) return run(request)
    const { method, url } = request
    const body = await request.clone().text()
    const call = {
      name: `http.${method}`,
      // A place of its own: the API's keys stand for another form of the same request.
      key: `http/${key}`,
      request: fingerprint(`${new URL(url).pathname} ${body}`),
    }
    const answered = history.invoke([call])
    try {
      const response = await run(request)
      answered([await answerOf(response.clone())])
      return response
    } catch (error) {
      answered([{ as: 'unknown' }])
      throw error
    }
  }

const answerOf = async (response: Response): Promise<Answer> => {
  const { ok, status, headers } = response
  const text = await response.text()
  if (ok) return { as: 'ok', value: fingerprint(text), isRepeat: headers.get('idempotency-replayed') === 'true' }
  if (isRefusal(status)) return answerOfRefusal({ code: codeOf(text) ?? `http.${status}`, details: {} })
  return { as: 'unknown', code: `http.${status}` }
}

const codeOf = (text: string): string | undefined => {
  try {
    const { code } = JSON.parse(text) as { readonly code?: unknown }
    return typeof code === 'string' ? code : undefined
  } catch {
    return undefined
  }
}
