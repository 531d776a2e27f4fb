import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { isAcknowledged } from '../storm/http-client.mjs'
import { readLedger } from '../storm/ledger.mjs'

const HOUR_MS = 3_600_000
const POLL_MS = 50
const BEGIN_MS = 20_000
/** From the beginning of the effect to the jump: its next heartbeat comes by so much before its lease is believed to be over. */
const BEFORE_MS = 2_000
const END_MS = 30_000
const WAITERS = 2

/**
 * Somebody sets the clock forwards while an effect is under way: its owner lives, others wait for its key, and a process
 * that has not seen the jump begins a moment later and sweeps. Leases and key have the usual length, so that nobody has
 * sent a heartbeat when it first looks.
 *
 * @param {object} options
 * @param {number} options.holdMs How long the effect takes. After 12 s the time is over for which nobody believes that its
 * key's lease is: then it is its heartbeats that keep the key.
 * @returns {Promise<{ acknowledged: { submissions: object[], endings: object[] }, violations: object[] }>}
 */
export const newcomerAfterAJump = async ({ fleet, clock, http, holdMs }) => {
  const key = `held-${randomUUID()}`
  const input = { key, holdMs }
  const submissions = []
  for (let at = 0; at <= WAITERS; at += 1) {
    const id = randomUUID()
    const answer = await http.post('/v1/tasks', { id, type: 'holding', input })
    if (isAcknowledged(answer)) submissions.push({ task: id, type: 'holding', input })
  }
  const held = () => readLedger(fleet.ledger).filter((each) => each.event === 'held' && each.key === key)
  await until(() => held().length > 0, BEGIN_MS, 'nobody began what was submitted')
  await sleep(BEFORE_MS)

  clock.set(clock.offsetMs + HOUR_MS)
  const newcomer = fleet.addApi({ nodeArgs: [], env: {} })
  await newcomer.ready()

  const endings = []
  const left = new Set(submissions.map(({ task }) => task))
  const look = async () => {
    for (const task of left) {
      const answer = await http.get(`/v1/tasks/${task}`)
      if (answer?.status !== 200 || answer.json().state === 'active') continue
      const { state, result } = answer.json()
      endings.push({ task, view: { state, result } })
      left.delete(task)
    }
    return left.size === 0
  }
  await until(look, holdMs + END_MS, 'what waited for a key did not end')
  await newcomer.kill()

  const times = held().length
  const answers = new Set(endings.map(({ view }) => JSON.stringify(view)))
  return {
    acknowledged: { submissions, endings },
    violations: [
      ...(times === 1 ? [] : [{ what: `an effect ran ${times} times under one key while its owner lived`, key }]),
      ...(answers.size === 1 ? [] : [{ what: `one key gave ${answers.size} answers`, key, answers: [...answers] }]),
    ],
  }
}

const until = async (holds, mostMs, otherwise) => {
  const deadline = performance.now() + mostMs
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(otherwise)
    await sleep(POLL_MS)
  }
}
