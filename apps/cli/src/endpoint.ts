import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { CliError } from './failure.js'

/** Where the API listens, and the token it wants. */
export interface Endpoint {
  readonly url: string
  readonly token: string
}

/** An empty variable is one that was unset the only way some tools can. */
const given = (env: NodeJS.ProcessEnv, name: string): string | undefined => (env[name] === '' ? undefined : env[name])

const dataDir = (env: NodeJS.ProcessEnv, cwd: string): string =>
  resolve(cwd, given(env, 'HOLDFAST_DATA_DIR') ?? '.holdfast')

/**
 * Finds the API: `HOLDFAST_URL` and `HOLDFAST_TOKEN`, or what a running API left in the data folder.
 *
 * @throws {CliError} `cli.no_api`, `cli.no_token`, `cli.invalid_url`, `cli.unreadable`
 */
export const findEndpoint = async (env: NodeJS.ProcessEnv, cwd: string): Promise<Endpoint> => {
  const folder = dataDir(env, cwd)
  const url = given(env, 'HOLDFAST_URL') ?? (await urlLeftIn(folder))
  const token = given(env, 'HOLDFAST_TOKEN') ?? (await readIfThere(join(folder, 'token')))?.trim()
  if (!token) throw new CliError('cli.no_token', `no token: set HOLDFAST_TOKEN, or run where ${folder}/token is`)
  // What a header can't carry would look like an API that doesn't answer.
  if (!/^[\x21-\x7e]+$/.test(token)) throw new CliError('cli.no_token', 'the token holds characters that no token has')
  return { url: checkUrl(url), token }
}

const checkUrl = (url: string): string => {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw new CliError('cli.invalid_url', `${url} is no http URL`)
  return url.replace(/\/+$/, '')
}

const urlLeftIn = async (folder: string): Promise<string> => {
  const left = await readIfThere(join(folder, 'api.json'))
  if (left === undefined)
    throw new CliError('cli.no_api', `no API runs on ${folder}: start it with "npm start", or set HOLDFAST_URL`)
  const url = urlIn(left)
  if (url === undefined) throw new CliError('cli.no_api', `${folder}/api.json holds no url`)
  return url
}

const urlIn = (left: string): string | undefined => {
  try {
    const parsed: unknown = JSON.parse(left)
    const isNamed = typeof parsed === 'object' && parsed !== null && 'url' in parsed && typeof parsed.url === 'string'
    return isNamed ? (parsed.url as string) : undefined
  } catch {
    return undefined // cut off or not ours: it names no API either way
  }
}

const readIfThere = async (path: string): Promise<string | undefined> => {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw new CliError('cli.unreadable', `${path} can't be read`, { cause: error })
  }
}
