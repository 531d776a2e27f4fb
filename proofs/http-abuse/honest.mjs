import { randomUUID } from 'node:crypto'
import { Agent, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

/*
 * Clients that do what the API is for, at a pace of their own, whatever becomes of it: a request is due when it is due,
 * and the time that it waits for the one before counts.
 *
 * Arguments: port, token. Asked `{ ms, perSecond }`: works for that long, and answers with each request's time (ms), what
 * was refused, and what was wrong.
 */
const [port, token] = process.argv.slice(2)

const PATIENCE_MS = 60_000
const agent = new Agent({ keepAlive: true, maxSockets: 64 })

const send = (method, path, body, headers) =>
  new Promise((resolve, reject) => {
    const asked = request({
      agent,
      port: Number(port),
      host: '127.0.0.1',
      method,
      path,
      timeout: PATIENCE_MS,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
    })
    asked.on('response', (answer) => void whole(answer).then(resolve, reject))
    asked.on('timeout', () => asked.destroy(new Error(`no answer within ${PATIENCE_MS} ms`)))
    asked.on('error', (error) => reject(Object.assign(error, { wasReused: asked.reusedSocket })))
    asked.end(body)
  })

const whole = async (answer) => {
  const chunks = []
  for await (const chunk of answer) chunks.push(chunk)
  return { status: answer.statusCode, headers: answer.headers, text: Buffer.concat(chunks).toString() }
}

/** As every client does: a connection that the server closed just when it was taken up again says nothing about the request. */
const ask = async (...args) => {
  for (;;) {
    try {
      return await send(...args)
    } catch (error) {
      if (!error.wasReused) throw error
    }
  }
}

let lastTask
const KINDS = [
  async () => {
    const name = randomUUID()
    const body = JSON.stringify({ type: 'greet', input: { name } })
    const answer = await ask('POST', '/v1/tasks', body, { 'idempotency-key': name })
    if (answer.status === 201) lastTask = JSON.parse(answer.text).id
    return answer
  },
  () => ask('GET', lastTask ? `/v1/tasks/${lastTask}` : '/v1/tasks'),
  () => ask('GET', '/v1/tasks?limit=20'),
  () => ask('GET', '/v1/search?q=nothing'),
]

const one = async (index, { times, refusals, wrong }) => {
  const dueAt = performance.now()
  try {
    const { status, headers, text } = await KINDS[index % KINDS.length]()
    if (status < 300) times.push(Math.round((performance.now() - dueAt) * 10) / 10)
    // Its bodies are short: however many long ones others begin, there is room for them.
    else if (text.includes('"http.overloaded"')) wrong.push(`${status}: ${text}`)
    else if ([429, 503].includes(status) && headers['retry-after']) refusals.push(status)
    else wrong.push(`${status}: ${text}`)
  } catch (error) {
    wrong.push(String(error))
  }
}

const work = async ({ ms, perSecond }) => {
  const found = { times: [], refusals: [], wrong: [] }
  const from = performance.now()
  const under = []
  for (let index = 0; index / perSecond < ms / 1_000; index += 1) {
    const waitMs = from + (index * 1_000) / perSecond - performance.now()
    if (waitMs > 0) await sleep(waitMs)
    under.push(one(index, found))
  }
  await Promise.all(under)
  return found
}

const answer = async ({ ask: load }) => process.send(await work(load))
process.on('message', (request) => void answer(request))
process.send('ready')
