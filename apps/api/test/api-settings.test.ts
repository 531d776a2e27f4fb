import { describe, expect, it } from 'vitest'
import { resolveApiSettings } from '../src/process/api-settings.js'

const settings = (env: NodeJS.ProcessEnv) => resolveApiSettings(env, '/app')

describe("an API's settings", () => {
  it('have defaults for everything', () => {
    expect(settings({})).toMatchObject({
      dataDir: '/app/.holdfast',
      host: '127.0.0.1',
      port: 8787,
      token: undefined,
      tenant: 'default',
      allowedHosts: ['127.0.0.1'],
      logLevel: 'info',
    })
  })

  it('take what the environment says, and an empty variable for none', () => {
    const env = {
      HOLDFAST_PORT: '0',
      HOLDFAST_HOST: '::1',
      HOLDFAST_TENANT: 'team-a',
      HOLDFAST_ALLOWED_HOSTS: 'files.example, proxy.example:8443,',
      HOLDFAST_TOKEN: '',
    }

    expect(settings(env)).toMatchObject({
      port: 0,
      host: '::1',
      tenant: 'team-a',
      token: undefined,
      allowedHosts: ['::1', 'files.example', 'proxy.example:8443'],
    })
  })

  it.each(['0.0.0.0', '::', '192.168.1.4', 'files.example', '127.0.0.1.nip.io'])(
    'refuse to listen on %s without a token that was set on purpose',
    (host) => {
      expect(() => settings({ HOLDFAST_HOST: host })).toThrow(
        expect.objectContaining({ code: 'config.invalid', message: expect.stringContaining('HOLDFAST_TOKEN') }),
      )
      expect(settings({ HOLDFAST_HOST: host, HOLDFAST_TOKEN: 'a-secret-of-my-own' })).toMatchObject({ host })
    },
  )

  it.each([
    { HOLDFAST_PORT: 'http' },
    { HOLDFAST_PORT: '65536' },
    { HOLDFAST_PORT: '-1' },
    { HOLDFAST_PORT: '80.5' },
    { HOLDFAST_ALLOWED_HOSTS: 'http://files.example' },
    { HOLDFAST_TENANT: 'x'.repeat(1_000) },
    { HOLDFAST_LOG_LEVEL: 'loud' },
  ])('refuse %j', (env) => {
    expect(() => settings(env)).toThrow(expect.objectContaining({ code: 'config.invalid' }))
  })
})
