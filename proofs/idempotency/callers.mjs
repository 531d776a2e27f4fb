import { setTimeout as sleep } from 'node:timers/promises'
import { httpClient } from '../storm/http-client.mjs'

/** Of the callers of a key, those that ask for something else under it. */
const OTHERS = 5
const RETRY_MS = 20
const GIVE_UP_MS = 60_000

/**
 * Many callers of one key at once, most with one body and some with another. Each asks until it is answered, here or
 * there, because what it asks may crash at any moment.
 *
 * @param {object} options
 * @param {string} options.key
 * @param {number} options.callers
 * @param {readonly import('@holdfast/testkit').StandingProgram[]} options.apis
 * @param {typeof fetch} options.fetch
 * @returns {Promise<{ key: string, answers: { body: string, status: number, text: string, location: string | null, isReplay: boolean }[] }>}
 */
export const callAtOnce = async ({ key, callers, apis, fetch }) => {
  const clients = apis.map((api) => httpClient(api, { patienceMs: RETRY_MS, fetch }))
  const answers = await Promise.all(
    Array.from({ length: callers }, (_, at) =>
      answerTo({ key, body: at < callers - OTHERS ? 'the one' : 'another', clients, first: at }),
    ),
  )
  return { key, answers }
}

const answerTo = async ({ key, body, clients, first }) => {
  const deadline = performance.now() + GIVE_UP_MS
  for (let at = first; performance.now() < deadline; at += 1) {
    const answer = await clients[at % clients.length].post('/v1/tasks', requestOf(key, body), headersOf(key))
    if (answer !== undefined) return told(body, answer)
    await sleep(RETRY_MS)
  }
  return { body, status: 0, text: `no answer in ${GIVE_UP_MS} ms`, location: null, isReplay: false }
}

/** One caller, who asks once. @returns what he was told; undefined where nothing was. */
export const callOnce = async ({ key, api, fetch }) => {
  const answer = await httpClient(api, { fetch }).post('/v1/tasks', requestOf(key, 'the one'), headersOf(key))
  return answer && told('the one', answer)
}

const told = (body, { status, text, headers }) => ({
  body,
  status,
  text,
  location: headers.get('location'),
  isReplay: headers.get('idempotency-replayed') === 'true',
})

/** What is asked for under a key. Without an id of the caller's: the key alone keeps a repeat from adding anything. */
export const requestOf = (key, body) => ({ type: 'counting', input: { key, body } })

export const headersOf = (key) => ({ 'idempotency-key': `"${key}"` })
