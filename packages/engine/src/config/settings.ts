import { DURABILITY_LEVELS, UnsupportedStoreError, type DurabilityLevel, type StoreError } from '@holdfast/store'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ConfigInvalidError } from '../errors.js'

/** What the environment says about a Holdfast process: the same for API, worker and command line. */
export interface Settings {
  /** Absolute. Made with mode 0700 by whoever opens the store. */
  readonly dataDir: string
  /** The database file, absolute. */
  readonly databasePath: string
  /** False where the path is only the default: then the config file may name another. */
  readonly isDatabaseNamed: boolean
  /** Absolute. */
  readonly configPath: string
  /** False where the path is only the default: then a missing file is no mistake of anybody's. */
  readonly isConfigNamed: boolean
  /** Undefined: the file's own, or the store's default for a new one. */
  readonly durability: DurabilityLevel | undefined
  /** Undefined: the config file's, or the worker's default. */
  readonly concurrency: number | undefined
  readonly logLevel: LogLevel
}

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Reads the `HOLDFAST_*` variables. Looks at nothing but its arguments.
 *
 * | variable | default |
 * |---|---|
 * | `HOLDFAST_DATA_DIR` | `./.holdfast` |
 * | `HOLDFAST_DATABASE_URL` | `file:<data dir>/holdfast.db` |
 * | `HOLDFAST_CONFIG` | `./holdfast.config.ts` |
 * | `HOLDFAST_DURABILITY` | the file's own level |
 * | `HOLDFAST_CONCURRENCY` | the config file's, or 10 |
 * | `HOLDFAST_LOG_LEVEL` | `info` |
 *
 * `HOLDFAST_SQLITE_DRIVER` is not among them: the store reads it, for every program that opens one.
 *
 * @throws {ConfigInvalidError} `config.invalid`: a value can't be meant. Never a silent default.
 * @throws {UnsupportedStoreError} `store.unsupported`: a database URL that isn't a local SQLite file.
 */
export const resolveSettings = (env: Environment, cwd: string): Settings => {
  const dataDir = resolve(cwd, given(env, 'HOLDFAST_DATA_DIR') ?? '.holdfast')
  const database = given(env, 'HOLDFAST_DATABASE_URL')
  const config = given(env, 'HOLDFAST_CONFIG')
  return {
    dataDir,
    databasePath: database === undefined ? resolve(dataDir, 'holdfast.db') : databasePathOf(database, cwd),
    isDatabaseNamed: database !== undefined,
    configPath: resolve(cwd, config ?? 'holdfast.config.ts'),
    isConfigNamed: config !== undefined,
    durability: oneOf(env, 'HOLDFAST_DURABILITY', DURABILITY_LEVELS),
    concurrency: wholeNumber(env, 'HOLDFAST_CONCURRENCY', 1, 10_000),
    logLevel: oneOf(env, 'HOLDFAST_LOG_LEVEL', LOG_LEVELS) ?? 'info',
  }
}

/** A database URL as it may be shown: without user and password. */
export const redactUrl = (url: string): string => url.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^@/?#]*@/i, '$1***@')

/** An empty variable is one that was unset the only way some tools can. */
const given = (env: Environment, name: string): string | undefined => (env[name] === '' ? undefined : env[name])

/**
 * The file that a path or `file:` URL names, seen from `folder`.
 *
 * @throws {UnsupportedStoreError} `store.unsupported`
 * @throws {ConfigInvalidError} `config.invalid`
 */
export const databasePathOf = (url: string, folder: string): string => {
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(url)?.[1]?.toLowerCase()
  if (scheme === undefined) return resolve(folder, url)
  if (scheme !== 'file') {
    const shown = redactUrl(url)
    throw new UnsupportedStoreError(
      `the database is ${shown}: this version runs on SQLite only, as in file:./holdfast.db`,
      { name: 'HOLDFAST_DATABASE_URL', scheme },
    )
  }
  try {
    return url.startsWith('file://') ? fileURLToPath(url) : resolve(folder, url.slice('file:'.length))
  } catch (cause) {
    throw invalid('HOLDFAST_DATABASE_URL', url, 'a file: URL of this machine', cause)
  }
}

const oneOf = <Value extends string>(env: Environment, name: string, values: readonly Value[]): Value | undefined => {
  const text = given(env, name)
  if (text === undefined) return undefined
  const value = values.find((each) => each === text)
  if (value === undefined) throw invalid(name, text, `one of ${values.join(', ')}`)
  return value
}

const wholeNumber = (env: Environment, name: string, least: number, most: number): number | undefined => {
  const text = given(env, name)
  if (text === undefined) return undefined
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (!(value >= least && value <= most)) throw invalid(name, text, `a whole number from ${least} to ${most}`)
  return value
}

const invalid = (name: string, text: string, expected: string, cause?: unknown): StoreError =>
  new ConfigInvalidError(`${name} must be ${expected}, not ${JSON.stringify(text)}`, { name }, { cause })
