import { join, resolve } from 'node:path'

/** Where the API listens unless HOLDFAST_PORT says otherwise. */
export const DEFAULT_PORT = 8787

/** Where database and token lie unless HOLDFAST_DATA_DIR says otherwise: in the folder where the command was typed. */
export const DEFAULT_DATA_DIR = '.holdfast'

const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost'])

/**
 * What both processes are given: the caller's environment, with the defaults that belong to `npm start` filled in.
 *
 * Relative paths mean the folder where `npm start` was typed, which is also where both processes run.
 *
 * @param {NodeJS.ProcessEnv} given
 * @param {object} place
 * @param {string} place.cwd Where the command was typed.
 * @param {string} place.root The repository.
 * @param {boolean} [place.isTerminal] Whether a person reads along: both write to a pipe and couldn't tell.
 */
export function supervisorSettings(given, { cwd, root, isTerminal = false }) {
  // An empty variable is one that was unset the only way some tools can.
  const env = Object.fromEntries(
    Object.entries(given).filter(([name, value]) => !/^HOLDFAST_/.test(name) || value !== ''),
  )
  const port = portOf(env.HOLDFAST_PORT)
  const host = hostOf(env)
  const dataDir = resolve(cwd, env.HOLDFAST_DATA_DIR ?? DEFAULT_DATA_DIR)
  return {
    cwd,
    host,
    port,
    dataDir,
    childEnv: {
      ...env,
      HOLDFAST_HOST: host,
      HOLDFAST_PORT: String(port),
      HOLDFAST_DATA_DIR: dataDir,
      HOLDFAST_CONFIG: resolve(cwd, env.HOLDFAST_CONFIG ?? join(root, 'holdfast.config.ts')),
      HOLDFAST_INGEST_ROOTS: env.HOLDFAST_INGEST_ROOTS ?? cwd,
      HOLDFAST_LOG_PRETTY: env.HOLDFAST_LOG_PRETTY ?? (isTerminal ? '1' : '0'),
    },
  }
}

// Others than this machine may then ask, and whoever starts it has to know the token: one in a file is not enough.
function hostOf({ HOLDFAST_HOST: host = '127.0.0.1', HOLDFAST_TOKEN: token }) {
  if (LOOPBACK.has(host) || token) return host
  throw new Error(`HOLDFAST_HOST=${host} lets other machines in, so HOLDFAST_TOKEN must be set: openssl rand -hex 32`)
}

function portOf(text = String(DEFAULT_PORT)) {
  const port = Number(text)
  if (/^\d+$/.test(text) && port <= 65_535) return port
  throw new Error(`HOLDFAST_PORT must be a whole number from 0 to 65535, and is ${JSON.stringify(text)}`)
}
