import { lstatSync, realpathSync, statSync, type Stats } from 'node:fs'
import { basename, dirname, isAbsolute, join, relative, sep } from 'node:path'
import {
  BackupNotClosedError,
  BackupOutsideError,
  BackupTakenError,
  BackupTargetError,
  InvalidInputError,
  NotADatabaseError,
  StoreMissingError,
} from '../../errors.js'
import { databasePath } from '../database-path.js'
import { fileError } from '../file-check.js'
import { MEMORY } from '../location.js'

/** Where paths may lead. */
export interface Confinement {
  /** A folder that no path may lead out of, by `..`, as an absolute path or by a link; undefined for anywhere. */
  readonly within?: string | undefined
}

/**
 * The name that a new backup gets: its folder's links are resolved, so that one name stands for one place.
 *
 * @throws `backup.target_taken`, `backup.target_refused`, `backup.outside`, `store.missing` (its folder), `input.invalid`
 */
export const placeForBackup = (name: string, confinement: Confinement): string => {
  const path = nameIn(name, confinement)
  // By lstat: a link to nothing is something, too.
  if (look(path, lstatSync)) throw new BackupTakenError(`${path} is there already`, { path })
  refuseSideFile(path)
  return path
}

/**
 * The database that a restore is to replace, or to make; links are followed, to replace what they lead to.
 *
 * @throws `backup.target_refused`, `backup.outside`, `store.missing` (its folder), `input.invalid`
 */
export const placeForRestore = (name: string, confinement: Confinement): string => {
  const named = nameIn(name, confinement)
  const refused = (what: string): Error => new BackupTargetError(`${named} is ${what}`, { path: named, found: what })
  if (look(named, lstatSync) && !look(named, statSync)) throw refused('a link to nothing')
  const path = look(named, statSync) ? confined(realpathSync(named), confinement) : named
  if (!(look(path, statSync)?.isFile() ?? true)) throw refused('no regular file')
  refuseSideFile(path)
  return path
}

/**
 * A backup that is to be read: one closed file.
 *
 * @throws `store.missing`, `store.not_a_database`, `backup.not_closed`, `backup.outside`, `input.invalid`
 */
export const placeOfBackup = (name: string, confinement: Confinement): string => {
  const named = nameIn(name, confinement)
  const stat = look(named, statSync)
  if (!stat) throw new StoreMissingError(`there is no backup at ${named}`, { path: named })
  const path = confined(realpathSync(named), confinement)
  // A device or a pipe is never opened: reading one may wait, or take something away, for ever.
  if (!stat.isFile()) throw new NotADatabaseError(`${path} is no regular file`, { path, found: 'no regular file' })
  for (const end of LOGS) {
    if (!look(`${path}${end}`, lstatSync)) continue
    throw new BackupNotClosedError(`${path}${end} belongs to it: a database in use, or one that a crash left`, { path })
  }
  return path
}

const LOGS = ['-wal', '-journal'] as const
/** What lies beside a database under its name. A file under one of these names would be taken for a part of it. */
const BESIDE = [...LOGS, '-shm', '-bell', '-want', '-ckpt'] as const

const nameIn = (name: string, confinement: Confinement): string => {
  const absolute = databasePath(name)
  if (absolute === MEMORY) throw new InvalidInputError('a database in memory is no file', { path: name })
  return confined(join(folderOf(absolute), basename(absolute)), confinement)
}

const folderOf = (path: string): string => {
  const folder = dirname(path)
  try {
    return realpathSync(folder)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      throw new StoreMissingError(`there is no folder ${folder}`, { path: folder })
    throw fileError(error, path)
  }
}

const confined = (path: string, { within }: Confinement): string => {
  if (within === undefined || isWithin(realFolder(within), path)) return path
  throw new BackupOutsideError(`${path} is not in ${within}`, { path, within })
}

const realFolder = (folder: string): string => {
  try {
    return realpathSync(folder)
  } catch (error) {
    throw fileError(error, folder)
  }
}

/** Both resolved: by segments, because /backups-old begins with /backups. */
const isWithin = (folder: string, path: string): boolean => {
  const way = relative(folder, path)
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way)
}

const look = (path: string, ask: (path: string) => Stats): Stats | undefined => {
  try {
    return ask(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw fileError(error, path)
  }
}

const LOCKS_FOLDER = '-processes'

/** SQLite would read such a file as a part of the database whose name it has: its newest commits, or an unfinished one. */
const refuseSideFile = (path: string): void => {
  const beside = BESIDE.find((end) => path.toLowerCase().endsWith(end))
  const owner = beside ? path.slice(0, -beside.length) : ownerOfLocks(dirname(path))
  if (owner !== undefined && look(owner, lstatSync))
    throw new BackupTargetError(`${path} is a name that belongs to ${owner}`, { path, found: 'a side file' })
}

const ownerOfLocks = (folder: string): string | undefined =>
  folder.endsWith(LOCKS_FOLDER) ? folder.slice(0, -LOCKS_FOLDER.length) : undefined
