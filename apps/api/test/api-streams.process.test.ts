import { describe, expect, it } from 'vitest'
import { ApiChild, askWith, dataFolder } from './fixtures/api-child.js'
import { EventReader } from './fixtures/sse.js'

const greeting = (name: string) => ({ type: 'greet', input: { name } })

describe('an API process with open streams', () => {
  it('stops at once with streams open, and cuts them without `end`', async () => {
    const api = new ApiChild(await dataFolder())
    const ask = askWith(await api.ready(), await api.token())
    const { id } = (await (await ask('/v1/tasks', greeting('Ada'))).json()) as { id: string }
    const readers = await Promise.all(
      ['watch', 'events'].map(
        async (what) =>
          new EventReader(await ask(`/v1/tasks/${id}/${what}`, undefined, { accept: 'text/event-stream' })),
      ),
    )
    for (const reader of readers) await reader.next()
    const startedAtMs = performance.now()

    expect(await api.kill('SIGTERM')).toBe(0)

    expect(performance.now() - startedAtMs).toBeLessThan(4_000)
    for (const reader of readers) expect((await reader.rest()).map(({ event }) => event)).not.toContain('end')
  })

  it('gives the place of a stream back when its client goes away', async () => {
    const api = new ApiChild(await dataFolder())
    const ask = askWith(await api.ready(), await api.token())
    const { id } = (await (await ask('/v1/tasks', greeting('Ada'))).json()) as { id: string }
    const open = () => ask(`/v1/tasks/${id}/watch`)

    const streams = await Promise.all(Array.from({ length: 64 }, open))
    const refused = await open()
    for (const { body } of streams) await body?.cancel()

    expect(streams.map(({ status }) => status)).toEqual(Array.from({ length: 64 }, () => 200))
    expect(refused.status).toBe(429)
    await expect
      .poll(async () => {
        const response = await open()
        await response.body?.cancel()
        return response.status
      })
      .toBe(200)
  })
})
