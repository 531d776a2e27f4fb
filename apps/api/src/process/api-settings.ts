import { ConfigInvalidError, resolveSettings, type Settings } from '@holdfast/engine'
import { checkName, DEFAULT_TENANT } from '@holdfast/store'

/** What the environment says about an API process. */
export interface ApiSettings extends Settings {
  readonly host: string
  /** 0 picks a free one. */
  readonly port: number
  /** Undefined: the token file's. */
  readonly token: string | undefined
  /** Whose rows this API serves. */
  readonly tenant: string
  /** Host names, beside loopback, that requests may carry. The bound host is one of them. */
  readonly allowedHosts: readonly string[]
}

export const DEFAULT_HOST = '127.0.0.1'
export const DEFAULT_PORT = 8787

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1)$/i

/**
 * Reads the `HOLDFAST_*` variables, the engine's and those of this process: `HOLDFAST_HOST` (127.0.0.1),
 * `HOLDFAST_PORT` (8787), `HOLDFAST_TOKEN`, `HOLDFAST_TENANT` (default), `HOLDFAST_ALLOWED_HOSTS` (comma-separated).
 *
 * @throws {ConfigInvalidError} `config.invalid`: a value can't be meant; another host than loopback without a token
 *   that was set on purpose.
 */
export const resolveApiSettings = (env: NodeJS.ProcessEnv, cwd: string): ApiSettings => {
  const settings = resolveSettings(env, cwd)
  const host = given(env, 'HOLDFAST_HOST') ?? DEFAULT_HOST
  const token = given(env, 'HOLDFAST_TOKEN')
  if (!LOOPBACK.test(host) && token === undefined) {
    throw new ConfigInvalidError(
      `HOLDFAST_HOST is ${host}, which others can reach: set HOLDFAST_TOKEN to a secret of your own as well`,
      { name: 'HOLDFAST_TOKEN' },
    )
  }
  return {
    ...settings,
    host,
    port: portOf(given(env, 'HOLDFAST_PORT')),
    token,
    tenant: tenantOf(given(env, 'HOLDFAST_TENANT')),
    allowedHosts: [host, ...hostsOf(given(env, 'HOLDFAST_ALLOWED_HOSTS'))],
  }
}

/** An empty variable is one that was unset the only way some tools can. */
const given = (env: NodeJS.ProcessEnv, name: string): string | undefined => (env[name] === '' ? undefined : env[name])

const portOf = (text = String(DEFAULT_PORT)): number => {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text)
  throw new ConfigInvalidError(`HOLDFAST_PORT must be a whole number from 0 to 65535, not ${JSON.stringify(text)}`, {
    name: 'HOLDFAST_PORT',
  })
}

const tenantOf = (text = DEFAULT_TENANT): string => {
  try {
    return checkName('tenant', text)
  } catch (cause) {
    throw new ConfigInvalidError(`HOLDFAST_TENANT: ${(cause as Error).message}`, { name: 'HOLDFAST_TENANT' }, { cause })
  }
}

const hostsOf = (text = ''): readonly string[] => {
  const hosts = text
    .split(',')
    .map((host) => host.trim())
    .filter((host) => host !== '')
  for (const host of hosts) {
    if (!/^[A-Za-z0-9.\-_:[\]]+$/.test(host)) {
      throw new ConfigInvalidError(`HOLDFAST_ALLOWED_HOSTS names ${JSON.stringify(host)}, which is no host`, {
        name: 'HOLDFAST_ALLOWED_HOSTS',
      })
    }
  }
  return hosts
}
