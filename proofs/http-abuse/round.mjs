import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { httpClient } from '../storm/http-client.mjs'
import { TOKEN, startFleet } from '../storm/programs.mjs'
import { startAsked } from '../support/asked.mjs'
import { gatherCrowd } from './crowds.mjs'
import { casesOf, familiesOf } from './families.mjs'
import { wrongWith } from './judge.mjs'
import { watchMemory } from './memory-watch.mjs'
import { exchange } from './raw-http.mjs'
import { bytesOf } from './request.mjs'
import { filled, routesOf } from './routes.mjs'
import { tenantCases } from './tenant-cases.mjs'
import { rowsOfTenant, tenantsOf } from './tenant-rows.mjs'

const CONFIG = join(import.meta.dirname, 'holdfast.config.mjs')
const CANARY = 'canary'
const SECRET = 'secret-of-the-canary-7f3a9c'
const FOREIGN_TOKEN = 'a-token-of-another-tenant'
/** Rows that a cursor is pointed at: more than the canary has. */
const CURSORS = 40
/** Cases that are under way at once. */
const LANES = 16
/** What an honest client does in one go, so that it ends soon after the abuse. */
const SLICE_MS = 2_000
const DONE_WITHIN_MS = 20_000

/**
 * One round: a new file on which another tenant lives, an API and a worker; honest clients alone, then the same ones
 * among abusers; at the end the other tenant's rows are what they were.
 *
 * @param {object} options
 * @param {string} options.folder Empty.
 * @param {import('../support/random.mjs').Random} options.random
 * @param {Load} options.load
 * @param {readonly string[]} [options.nodeArgs]
 * @param {(done: number, total: number) => void} [options.progress]
 *
 * @typedef {object} Load
 * @property {number} open Clients that want nothing but a connection.
 * @property {number} slow Clients that never come to the end of their request.
 * @property {number} stalled Clients that send a long body at once, but for its end.
 * @property {number} stalledPerSecond How many of them come in a second; one that was cut off comes again.
 * @property {number} cases At least; those with another tenant's ids come on top.
 * @property {number} casesPerSecond
 * @property {number} wrongAnswers After as many it ends: more of them say nothing more.
 * @property {number} honestPerSecond
 * @property {number} calmMs How long the honest clients are alone.
 * @property {number} abuseMs How long the abuse lasts at least.
 */
export const abuseRound = async ({ folder, random, load, nodeArgs, progress = () => {} }) => {
  mkdirSync(join(folder, 'data'), { recursive: true })
  const canary = makeCanary(join(folder, 'data/holdfast.db'))
  const fleet = startFleet({
    folder,
    config: CONFIG,
    workers: 1,
    env: { HOLDFAST_LOG_LEVEL: 'info' },
    ...(nodeArgs ? { nodeArgs } : {}),
  })
  const before = rowsOfTenant(fleet.file, CANARY)
  const guests = []
  try {
    await fleet.ready()
    const [api] = fleet.apis
    const port = Number(new URL((await api.ready()).url).port)
    const memory = watchMemory(api.pid)
    const client = httpClient(api)
    const own = await ownTask(client)
    const routes = routesOf((await client.get('/openapi.json')).json())
    const unreached = await unreachedRoutes(client, routes, own)

    const honest = await startAsked(join(import.meta.dirname, 'honest.mjs'), [String(port), TOKEN])
    guests.push(honest)
    const calm = await honest.ask({ ms: load.calmMs, perSecond: load.honestPerSecond })

    const { crowd, isScaled } = await gatherCrowd({ port, token: TOKEN, ...load })
    guests.push(crowd)
    const families = familiesOf({ routes, canary: CANARY, foreignToken: FOREIGN_TOKEN, ids: [own] })
    const cases = random.shuffle([
      ...casesOf(families, { cases: load.cases, random }),
      ...tenantCases({ routes, ids: canary.ids, rows: CURSORS }),
      ...sharedNames(canary),
    ])
    const [fuzz, abused] = await among(honest, load, () =>
      sendAll({ cases, load, server: { port, token: TOKEN }, crowd, progress }),
    )
    const lives = await crowd.lives()
    await crowd.end()
    const { peakMiB, isAlive } = memory.stop()
    const complaints = api.lines.filter(({ level }) => level >= 50)
    const stopped = isAlive ? await fleet.stop() : [{ what: 'the API died' }]
    if (!isAlive) await fleet.kill()
    return {
      calm,
      abused,
      lives,
      peak: crowd.peak,
      isScaled,
      peakMiB,
      cases: fuzz.sent,
      routes: routes.length,
      violations: [
        ...unreached,
        ...fuzz.wrong,
        ...complaints.slice(0, load.wrongAnswers).map((line) => ({ what: 'the API logged an error of its own', line })),
        ...stopped,
        ...changedRows(before, rowsOfTenant(fleet.file, CANARY)),
        ...strangers(fleet.file),
      ],
    }
  } finally {
    await Promise.all(guests.map((guest) => guest.end()))
    await fleet.kill()
  }
}

/** In a process of its own: this one opens the file only while nobody has it. */
const makeCanary = (file) =>
  JSON.parse(
    execFileSync(process.execPath, [join(import.meta.dirname, 'canary.mjs'), file, CANARY, SECRET], {
      encoding: 'utf8',
    }),
  )

/** A task of the caller's own that has ended. */
const ownTask = async (client) => {
  const { id } = (await client.post('/v1/tasks', { type: 'echo', input: { own: true } })).json()
  const from = performance.now()
  for (;;) {
    const { state } = (await client.get(`/v1/tasks/${id}`)).json()
    if (state === 'completed') return id
    if (performance.now() - from > DONE_WITHIN_MS) throw new Error(`the worker did not complete ${id}: ${state}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** A route that says "not found" to everything would pass for one that keeps tenants apart. */
const unreachedRoutes = async (client, routes, own) => {
  const named = routes.filter(({ namesSomething }) => namesSomething)
  const found = await Promise.all(
    named.map(async (route) => {
      const answer = await client.ask(filled(route, own), { method: route.method })
      return answer?.status === 404 ? [{ what: "a route doesn't find the caller's own id", route }] : []
    }),
  )
  return found.flat()
}

/** An id and a key that the other tenant has as well: they name something else here. */
const sharedNames = ({ taken, key, request }) => [
  {
    family: "another tenant's id, submitted",
    method: 'POST',
    target: '/v1/tasks',
    body: { text: JSON.stringify({ type: 'echo', id: taken, input: { name: 'mine' } }) },
    answers: ['ok'],
  },
  {
    family: "another tenant's Idempotency-Key",
    method: 'POST',
    target: '/v1/tasks',
    headers: [['Idempotency-Key', key]],
    body: { text: JSON.stringify(request) },
    answers: ['ok'],
  },
]

/** Runs `abuse` while honest clients work on; answers with what came of both. */
const among = async (honest, { honestPerSecond }, abuse) => {
  let isOver = false
  const abusing = abuse().finally(() => {
    isOver = true
  })
  const found = { times: [], refusals: [], wrong: [] }
  while (!isOver) {
    const slice = await honest.ask({ ms: SLICE_MS, perSecond: honestPerSecond })
    for (const name of Object.keys(found)) found[name].push(...slice[name])
  }
  return [await abusing, found]
}

/** Sends every case when it is due, and goes on until the abuse has lasted long enough. */
const sendAll = async ({ cases, load, server, crowd, progress }) => {
  const from = performance.now()
  const wrong = []
  let next = 0
  const lane = async () => {
    for (let index = next++; index < cases.length && wrong.length < load.wrongAnswers; index = next++) {
      await until(from + (index * 1_000) / load.casesPerSecond)
      const request = cases[index]
      const outcome = await exchange({ ...server, ...request, parts: bytesOf(request, server) })
      const what = wrongWith(request, outcome, secretsOf(request))
      if (what !== undefined)
        wrong.push({ what: `${request.family}: ${what}`, request, told: outcome.raw.slice(0, 600) })
      progress(index + 1, cases.length)
    }
  }
  const watch = setInterval(() => void crowd.look(), 1_000)
  await Promise.all(Array.from({ length: LANES }, lane))
  if (wrong.length === 0) await until(from + load.abuseMs)
  clearInterval(watch)
  return { sent: Math.min(next, cases.length), wrong }
}

const until = async (dueAt) => {
  const waitMs = dueAt - performance.now()
  if (waitMs > 0) await sleep(waitMs)
}

/** The stored answer to the other tenant's key is a secret of its own: an answer that names it was replayed to us. */
const secretsOf = ({ family }) => (family === "another tenant's Idempotency-Key" ? [SECRET, 'canary-keyed'] : [SECRET])

const changedRows = (before, after) =>
  Object.keys(before)
    .filter((table) => JSON.stringify(before[table]) !== JSON.stringify(after[table]))
    .map((table) => ({
      what: `another tenant's rows of ${table} are not what they were`,
      gone: before[table].filter((row) => !after[table].includes(row)).slice(0, 3),
      come: after[table].filter((row) => !before[table].includes(row)).slice(0, 3),
    }))

const strangers = (file) => {
  const others = tenantsOf(file).filter((tenant) => !['default', CANARY].includes(tenant))
  return others.length > 0 ? [{ what: `rows of tenants that nobody asked for: ${others.join(', ')}` }] : []
}
