import { join } from 'node:path'
import { spawnNode } from '@holdfast/testkit'
import { httpClient } from '../storm/http-client.mjs'
import { callAtOnce, headersOf, requestOf } from './callers.mjs'

/** How soon a dead owner's key is anybody's. Its lease would run for 30 s. */
const AT_ONCE_MS = 5_000

/**
 * Keys under which another process works: callers are told so while it lives, another body is refused, and once it is
 * killed the next caller takes over.
 */
export const holdAndDie = async ({ file, keys, callers, apis, fetch }) => {
  const violations = []
  const holder = spawnNode(join(import.meta.dirname, 'holder.mjs'), { args: [file] })
  try {
    for (const key of keys) {
      holder.say(key)
      await holder.line(({ holds }) => holds === key)
      violations.push(...(await whileHeld(key, apis[0])))
    }
  } finally {
    await holder.kill()
  }
  const killedAt = performance.now()
  for (const key of keys) {
    while ((await ask(key, 'the one', apis[0]))?.status === 409 && performance.now() - killedAt < AT_ONCE_MS);
  }
  const takenOverMs = Math.round(performance.now() - killedAt)
  if (takenOverMs > AT_ONCE_MS) violations.push({ what: `a dead owner's keys were taken over after ${takenOverMs} ms` })
  const calls = []
  for (const key of keys) calls.push(await callAtOnce({ key, callers, apis, fetch }))
  return { calls, violations, takenOverMs }
}

const ask = (key, body, api) => httpClient(api).post('/v1/tasks', requestOf(key, body), headersOf(key))

const whileHeld = async (key, api) => {
  const [same, other] = [await ask(key, 'the one', api), await ask(key, 'another', api)]
  return [
    [same, 409, 'idempotency.in_progress'],
    [other, 422, 'idempotency.conflict'],
  ]
    .filter(([answer, status, code]) => answer?.status !== status || answer.json().code !== code)
    .map(([answer, status]) => ({ what: `under a key that is held, ${answer?.status} instead of ${status}`, key }))
}
