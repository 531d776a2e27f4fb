import { describe, expect, it } from 'vitest'
import { ApiChild, askWith, dataFolder } from './fixtures/api-child.js'

const greeting = (name: string) => ({ type: 'greet', input: { name } })

describe('an API process that is killed', () => {
  it('has every submission that it acknowledged before a kill -9, and no other answer for its key', async () => {
    const dataDir = await dataFolder()
    const acknowledged = new Map<string, string>()
    for (let round = 0; round < 2; round += 1) {
      const api = new ApiChild(dataDir)
      const ask = askWith(await api.ready(), await api.token())
      const client = async (name: string): Promise<void> => {
        for (let n = 0; ; n += 1) {
          const key = `${round}-${name}-${n}`
          const response = await ask('/v1/tasks', greeting(key), { 'idempotency-key': key })
          if (response.status === 201) acknowledged.set(key, await response.text())
          // Killed in the middle: after some dozens of answers, with others under way.
          if (acknowledged.size >= (round + 1) * 40) return void api.kill('SIGKILL')
        }
      }
      await Promise.allSettled(['a', 'b', 'c', 'd'].map(client))
      await api.exitCode()
    }

    const api = new ApiChild(dataDir)
    const ask = askWith(await api.ready(), await api.token())
    for (const [key, text] of acknowledged) {
      const { id } = JSON.parse(text) as { id: string }
      const item = (await (await ask(`/v1/items/${id}`)).json()) as { input: unknown; state: string }
      expect(item).toMatchObject({ state: 'pending', input: { name: key } })
    }
    for (const [key, text] of [...acknowledged].slice(-10)) {
      const again = await ask('/v1/tasks', greeting(key), { 'idempotency-key': key })
      expect(again.headers.get('idempotency-replayed')).toBe('true')
      expect(await again.text()).toBe(text)
    }
    expect(acknowledged.size).toBeGreaterThanOrEqual(80)
  })
})

describe('an API process that is told to stop', () => {
  it('answers what it has begun, and keeps every word', async () => {
    const dataDir = await dataFolder()
    const api = new ApiChild(dataDir)
    const ask = askWith(await api.ready(), await api.token())

    const posts = Array.from({ length: 60 }, async (_, n) => {
      const response = await ask('/v1/tasks', greeting(`${n}`))
      if (n === 5) void api.kill('SIGTERM')
      return { status: response.status, text: await response.text() }
    })
    const answers = (await Promise.allSettled(posts)).flatMap((each) =>
      each.status === 'fulfilled' ? [each.value] : [],
    )
    expect(await api.exitCode()).toBe(0)

    const again = new ApiChild(dataDir)
    const askAgain = askWith(await again.ready(), await again.token())
    expect(answers.length).toBeGreaterThan(5)
    for (const { status, text } of answers) {
      expect(status).toBe(201)
      expect((await askAgain(`/v1/items/${(JSON.parse(text) as { id: string }).id}`)).status).toBe(200)
    }
  })
})
