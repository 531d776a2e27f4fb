import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ApiChild, askWith, childEnv, dataFolder, MAIN } from './fixtures/api-child.js'
import { EventReader } from './fixtures/sse.js'

const greeting = (name: string) => ({ type: 'greet', input: { name } })

describe('an API process', () => {
  it('says in one line what runs, tells others where, and leaves no trace of that when it stops', async () => {
    const api = new ApiChild(await dataFolder())
    const url = await api.ready()
    const token = await api.token()

    const [line, ...others] = api.log
    const file = join(api.dataDir, 'api.json')

    expect(others).toEqual([])
    expect(line).toMatchObject({
      msg: 'ready',
      version: expect.any(String),
      pid: api.pid,
      url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      store: {
        engine: 'sqlite',
        driver: process.env.HOLDFAST_SQLITE_DRIVER ?? 'libsql',
        version: expect.stringMatching(/^3\./),
        location: join(api.dataDir, 'holdfast.db'),
        durability: 'power',
        settings: { journal_mode: 'wal', synchronous: 2, foreign_keys: 1 },
      },
      processes: [{ kind: 'api', pid: api.pid }],
      tasks: ['greet', 'slow'],
    })
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({ url, pid: api.pid })
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    expect((await stat(api.dataDir)).mode & 0o777).toBe(0o700)

    expect(await api.kill('SIGTERM')).toBe(0)

    expect(existsSync(file)).toBe(false)
    expect(api.output).not.toContain(token)
  })

  it('logs a line per request at debug, and never a token', async () => {
    const api = new ApiChild(await dataFolder(), { HOLDFAST_LOG_LEVEL: 'debug' })
    const ask = askWith(await api.ready(), await api.token())

    await ask('/v1/search?q=private')
    await ask('/v1/tasks/nobody')

    await expect.poll(() => api.log.filter(({ msg }) => msg === 'request').length).toBe(2)
    expect(api.log.filter(({ msg }) => msg === 'request')).toMatchObject([
      { method: 'GET', path: '/v1/search', status: 200 },
      { method: 'GET', path: '/v1/tasks/nobody', status: 404 },
    ])
    expect(api.output).not.toContain(await api.token())
    expect(api.output).not.toContain('private')
  })

  it('shares one file with another: what one takes the other shows, and each knows of the other', async () => {
    const dataDir = await dataFolder()
    const [one, two] = [new ApiChild(dataDir), new ApiChild(dataDir)]
    const [urlOne, urlTwo] = [await one.ready(), await two.ready()]
    const token = await one.token()

    const response = await askWith(urlOne, token)('/v1/tasks', greeting('Ada'))
    const { id } = (await response.json()) as { id: string }
    const reader = new EventReader(
      await askWith(urlTwo, token)(`/v1/tasks/${id}/events`, undefined, { accept: 'text/event-stream' }),
    )
    const first = await reader.next()
    await askWith(urlOne, token)(`/v1/tasks/${id}/cancel`, {})

    expect(first).toMatchObject({ id: 1, event: 'item.enqueued' })
    expect((await reader.rest()).map(({ event }) => event)).toEqual(['item.cancelled', 'end'])
    const seen = [one, two].flatMap(({ log }) => (log[0]?.processes ?? []) as { pid: number }[]).map(({ pid }) => pid)
    expect(new Set(seen)).toEqual(new Set([one.pid, two.pid]))
    const raced = await Promise.all(
      [urlOne, urlTwo].flatMap((url) =>
        Array.from({ length: 10 }, async () =>
          (await askWith(url, token)('/v1/tasks', greeting('race'), { 'idempotency-key': 'race' })).text(),
        ),
      ),
    )
    expect(new Set(raced).size).toBe(1)
    expect(await one.kill('SIGTERM')).toBe(0)
    expect((await askWith(urlTwo, token)(`/v1/tasks/${id}`)).status).toBe(200)
    expect(await two.kill('SIGINT')).toBe(0)
  })

  it('stops when its parent is gone', async () => {
    const dataDir = await dataFolder()
    const script = `require('node:child_process').spawn(process.execPath, [${JSON.stringify(MAIN)}], { stdio: 'ignore' }); setInterval(() => {}, 1000)`
    const parent = spawn(process.execPath, ['-e', script], { env: childEnv(dataDir), stdio: 'ignore' })
    onTestFinished(() => void parent.kill('SIGKILL'))
    const file = join(dataDir, 'api.json')
    await expect.poll(() => existsSync(file), { timeout: 20_000 }).toBe(true)

    parent.kill('SIGKILL')

    await expect.poll(() => existsSync(file), { timeout: 10_000 }).toBe(false)
  })
})
