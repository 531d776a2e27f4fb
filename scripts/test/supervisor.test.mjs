import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { announcement } from '../supervisor/announcement.mjs'
import { nextDelayMs } from '../supervisor/backoff.mjs'
import { prefixedLines } from '../supervisor/prefixed-lines.mjs'
import { supervisorSettings } from '../supervisor/settings.mjs'

describe('the delay before a restart', () => {
  it('doubles from 250 ms to 10 s', () => {
    const delays = [0]
    for (let i = 0; i < 8; i++) delays.push(nextDelayMs(delays.at(-1), 10))

    expect(delays.slice(1)).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000])
  })

  it('begins again after half a minute of good life', () => {
    expect(nextDelayMs(8_000, 30_000)).toBe(250)
  })
})

describe('what both processes are given', () => {
  const folders = { cwd: '/home/me/notes', root: '/src/holdfast' }

  it('is the contract of the environment, with its defaults', () => {
    expect(supervisorSettings({ PATH: '/bin' }, folders).childEnv).toEqual({
      PATH: '/bin',
      HOLDFAST_HOST: '127.0.0.1',
      HOLDFAST_PORT: '8787',
      HOLDFAST_DATA_DIR: '/home/me/notes/.holdfast',
      HOLDFAST_CONFIG: '/src/holdfast/holdfast.config.ts',
      HOLDFAST_INGEST_ROOTS: '/home/me/notes',
      HOLDFAST_LOG_PRETTY: '0',
    })
  })

  it('includes whether a person reads the log, unless that is said already', () => {
    const pretty = (env) => supervisorSettings(env, { ...folders, isTerminal: true }).childEnv.HOLDFAST_LOG_PRETTY

    expect(pretty({})).toBe('1')
    expect(pretty({ HOLDFAST_LOG_PRETTY: '0' })).toBe('0')
  })

  it('takes relative paths from the folder where the command was typed', () => {
    const env = { HOLDFAST_DATA_DIR: 'data', HOLDFAST_CONFIG: './mine.config.ts' }

    expect(supervisorSettings(env, folders).childEnv).toMatchObject({
      HOLDFAST_DATA_DIR: '/home/me/notes/data',
      HOLDFAST_CONFIG: '/home/me/notes/mine.config.ts',
    })
  })

  it('takes an empty variable as one that is not set', () => {
    const { childEnv } = supervisorSettings({ HOLDFAST_PORT: '', HOLDFAST_CONFIG: '', OTHER: '' }, folders)

    expect(childEnv).toMatchObject({
      HOLDFAST_PORT: '8787',
      HOLDFAST_CONFIG: '/src/holdfast/holdfast.config.ts',
      OTHER: '',
    })
  })

  it('listens to other machines only with a token that its owner chose', () => {
    expect(() => supervisorSettings({ HOLDFAST_HOST: '0.0.0.0' }, folders)).toThrow('HOLDFAST_TOKEN must be set')
    expect(supervisorSettings({ HOLDFAST_HOST: '0.0.0.0', HOLDFAST_TOKEN: 'secret' }, folders).host).toBe('0.0.0.0')
    expect(supervisorSettings({ HOLDFAST_HOST: '::1' }, folders).host).toBe('::1')
  })

  it.each(['eighty', '-1', '65536', '80.5', ' '])('refuses the port %j', (port) => {
    expect(() => supervisorSettings({ HOLDFAST_PORT: port }, folders)).toThrow('HOLDFAST_PORT must be a whole number')
  })
})

describe('the next commands', () => {
  const up = { host: '127.0.0.1', port: 8787, cwd: '/w', dataDir: '/w/.holdfast', workerPid: 4711 }

  it('can be typed as they are', () => {
    const text = announcement(up)

    expect(text).toContain(`npm run holdfast -- submit ingest --input '{"folder":"./node_modules"}'`)
    expect(text).toContain('kill -9 4711')
  })

  it('carry the data folder when it is not the usual one, for the token in it', () => {
    expect(announcement(up)).toContain('data in .holdfast')
    expect(announcement({ ...up, dataDir: '/var/lib/h' })).toContain(
      `HOLDFAST_DATA_DIR='/var/lib/h' npm run holdfast --`,
    )
  })

  it('carry the port when it is not the usual one', () => {
    expect(announcement({ ...up, port: 9000 })).toContain('HOLDFAST_PORT=9000 npm run holdfast -- watch')
  })
})

describe('prefixed lines', () => {
  it('keep lines and characters whole that arrive in pieces', async () => {
    const stream = prefixedLines('api | ')
    const bytes = Buffer.from('één\ntwo')
    let printed = ''
    stream.on('data', (chunk) => {
      printed += chunk
    })

    for (const byte of bytes) stream.write(Buffer.from([byte]))
    stream.end()
    await once(stream, 'end')

    expect(printed).toBe('api | één\napi | two\n')
  })
})
