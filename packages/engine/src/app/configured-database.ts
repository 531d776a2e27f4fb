import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { readConfig } from '../config/load-config.js'
import { databasePathOf, type Settings } from '../config/settings.js'

/** The part of a config file that may name the database, and where that file lies. */
export interface NamesDatabase {
  readonly path: string
  readonly database: string | undefined
}

/** The database file: the one that the environment names, else the config's (relative to its file), else the default. */
export const databasePath = (settings: Settings, { database, path }: NamesDatabase): string =>
  settings.isDatabaseNamed || database === undefined ? settings.databasePath : databasePathOf(database, dirname(path))

/**
 * The same for who needs nothing but the path. The config file is only loaded where it has a say, and its tasks never
 * are: a task that can't be loaded keeps nobody from looking at the database.
 *
 * @throws {ConfigNotFoundError} `config.not_found`: the environment names a config file that isn't there.
 * @throws {ConfigInvalidError} `config.invalid`: the file can't be run, or says what can't be meant.
 */
export const findDatabase = async (settings: Settings): Promise<string> => {
  const { isDatabaseNamed, databasePath: unlessConfigured, configPath: path, isConfigNamed } = settings
  if (isDatabaseNamed || !(isConfigNamed || (await isThere(path)))) return unlessConfigured
  const { database } = await readConfig(path)
  return databasePath(settings, { path, database })
}

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false, // a file that is there and can't be read is told by whoever reads it
  )
