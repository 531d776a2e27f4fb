// The run that is recorded: an API and three workers on one file, clients over HTTP, processes that stop, die and start.
// Argument: what `record-run.mjs` says, as JSON.
import { join } from 'node:path'
import { uuidV7 } from '@holdfast/store'
import { randomFrom } from '../../support/random.mjs'
import { Fleet } from './fleet.mjs'
import { HttpClient } from './http-client.mjs'
import { seen, told } from './told.mjs'

const TOKEN = 'a-token-for-proofs-only'
const CLIENTS = 6
/** Longer than any restart takes on a busy machine. */
const PATIENCE_MS = 60_000
const LATER_MS = 3_600_000

const { dataDir, tasks, seed, level, nodeArgs, isWrong, textBytes, hasDisturbances } = JSON.parse(
  process.argv[2] ?? '{}',
)

const fleet = new Fleet({
  dataDir,
  nodeArgs,
  mayStopBadly: isWrong,
  env: {
    HOLDFAST_CONFIG: join(import.meta.dirname, 'holdfast.config.mjs'),
    HOLDFAST_TOKEN: TOKEN,
    HOLDFAST_LOG_LEVEL: 'info',
    // The shipped level is asked for by not asking.
    ...(level === 'power' ? {} : { HOLDFAST_DURABILITY: level }),
  },
})
const http = new HttpClient({ url: () => fleet.url(), token: TOKEN })

/** Submits until it is told: with an id or a key, a repeat adds nothing. */
const submit = async (effect, body) => {
  const request = ['POST', '/v1/tasks', { body, ...(effect.key === undefined ? {} : { key: effect.key }) }]
  return told(effect, () => http.until(() => true, PATIENCE_MS, ...request))
}

const watchToItsEnd = async (id) => {
  const { state } = await http.until((task) => task.state !== 'active', PATIENCE_MS, 'GET', `/v1/tasks/${id}`)
  seen({ what: 'ended', id, state })
}

/** Work under an idempotency key, asked for once more by some, and watched to its end. */
const keyedWork = async (random, n) => {
  const key = `key-${seed}-${n}`
  const id = uuidV7()
  const body = { type: 'steps', id, input: inputOf(random), metadata: { key } }
  const answer = await submit({ what: 'keyed', key, id }, body)
  if (random.int(3) === 0) await submit({ what: 'keyed', key, id: answer.id }, body)
  await watchToItsEnd(id)
}

/** Work under an id. */
const work = async (random) => {
  const id = uuidV7()
  await submit({ what: 'task', id }, { type: 'steps', id, input: inputOf(random) })
  await watchToItsEnd(id)
}

/** Work that is called off: while it waits, or while it runs. */
const cancelledWork = async (random) => {
  const id = uuidV7()
  const isWaiting = random.int(2) === 0
  const later = isWaiting ? { delayMs: LATER_MS } : {}
  await submit({ what: 'task', id }, { type: 'steps', id, input: inputOf(random), ...later })
  // Refused when it has ended meanwhile, and then nothing was promised.
  await told({ what: 'cancelled', id }, () => http.ask('POST', `/v1/tasks/${id}/cancel`))
  if (!isWaiting) await watchToItsEnd(id)
}

const inputOf = (random) => ({
  count: random.between(1, 4),
  text: 'x'.repeat(random.between(textBytes / 10, textBytes)),
  children: random.int(4) === 0 ? 2 : 0,
})

const oneTask = (n) => {
  const random = randomFrom(seed * 1_000_003 + n)
  return random.pick([keyedWork, keyedWork, work, cancelledWork])(random, n)
}

/** What happens to the processes, when so much of the work has begun. */
const disturbances = [
  [0.2, () => fleet.replaceWorker(0)],
  [0.35, () => fleet.killWorker(1)],
  [0.5, () => fleet.restart()],
  [0.75, () => fleet.crash()],
]

const run = async () => {
  await fleet.ready()
  let begun = 0
  const client = async () => {
    while (begun < tasks) {
      const n = begun++
      await oneTask(n)
    }
  }
  const disturb = async () => {
    for (const [share, disturbance] of hasDisturbances ? disturbances : []) {
      while (begun < share * tasks) await new Promise((resolve) => setTimeout(resolve, 5))
      await disturbance()
    }
  }
  await Promise.all([disturb(), ...Array.from({ length: CLIENTS }, client)])
  await fleet.stop()
}

try {
  await run()
} finally {
  await fleet.kill()
}
