import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { CliError } from './failure.js'

/** Where the API listens, and the token it wants. */
export interface Endpoint {
  readonly url: string
  readonly token: string
}

export const dataDir = (env: NodeJS.ProcessEnv, cwd: string): string =>
  resolve(cwd, env.HOLDFAST_DATA_DIR ?? '.holdfast')

/**
 * Finds the API: `HOLDFAST_URL` and `HOLDFAST_TOKEN`, or what a running API left in the data folder.
 *
 * @throws {CliError} `cli.no_api`, `cli.no_token`
 */
export const findEndpoint = async (env: NodeJS.ProcessEnv, cwd: string): Promise<Endpoint> => {
  const folder = dataDir(env, cwd)
  const url = env.HOLDFAST_URL ?? (await urlLeftIn(folder))
  const token = env.HOLDFAST_TOKEN ?? (await readIfThere(join(folder, 'token')))?.trim()
  if (!token) throw new CliError('cli.no_token', `no token: set HOLDFAST_TOKEN, or run where ${folder}/token is`)
  return { url: url.replace(/\/+$/, ''), token }
}

const urlLeftIn = async (folder: string): Promise<string> => {
  const left = await readIfThere(join(folder, 'api.json'))
  if (left === undefined)
    throw new CliError('cli.no_api', `no API runs on ${folder}: start it with "npm start", or set HOLDFAST_URL`)
  const parsed: unknown = JSON.parse(left)
  if (typeof parsed !== 'object' || parsed === null || !('url' in parsed) || typeof parsed.url !== 'string')
    throw new CliError('cli.no_api', `${folder}/api.json holds no url`)
  return parsed.url
}

const readIfThere = async (path: string): Promise<string | undefined> => {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw new CliError('cli.unreadable', `${path} can't be read`, { cause: error })
  }
}
