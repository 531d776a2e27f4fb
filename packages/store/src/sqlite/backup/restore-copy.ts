import { chmodSync, chownSync, constants, copyFileSync, lstatSync, readdirSync, statSync, type Stats } from 'node:fs'
import { basename, dirname } from 'node:path'
import { BackupNotSoundError, BackupTargetError } from '../../errors.js'
import type { Connection } from '../connection.js'
import { toStoreError } from '../database-errors.js'
import type { SqliteDriver } from '../driver/names.js'
import { addName, dropName, syncFile, takeName } from '../durable-names.js'
import { fileError } from '../file-check.js'
import { keyOf } from '../one-copy.js'
import { nameError } from './make-backup.js'
import type { Revoked } from './new-epoch.js'
import { dropPrivateFile, withPrivateFile } from './private-file.js'
import { listed, type Proof, prove } from './prove.js'
import { assertNobodyLives, type ReplacedFile, takeFile } from './replaced-file.js'
import { makeCurrent } from './verify-copy.js'

/** What the process that restores a backup is told. Paths are resolved. */
export interface RestoreJob {
  readonly from: string
  readonly to: string
  /** Where the copy is made ready, in the folder of `to`; nothing has this name yet. */
  readonly partial: string
  readonly driver: SqliteDriver | null
  readonly lockWaitMs: number
  readonly nowMs: number
}

/** What was restored, and what became of what was there before. */
export interface RestoreReport extends Omit<Proof, 'findings'> {
  /** The database, absolute. */
  readonly path: string
  readonly bytes: number
  /** The file that was there before, whole, under its new name; null where there was none. */
  readonly kept: string | null
  readonly revoked: Revoked
}

/**
 * Puts a copy of a backup where a database is to be. Under its name is the old one or the new one, whenever the power
 * goes: the copy is proved, brought to this schema, given its new tokens and made durable before it takes the name.
 */
export const restoreCopy = (job: RestoreJob): RestoreReport => {
  const { from, to, partial, driver } = job
  try {
    const before = statSync(to, { throwIfNoEntry: false })
    if (before && keyOf(to) === keyOf(from))
      throw new BackupTargetError(`${to} is the backup itself`, { path: to, found: 'the backup' })
    assertNobodyLives(to, driver ?? undefined)
    copyFileSync(from, partial, constants.COPYFILE_EXCL)
    const restored = withPrivateFile(partial, driver ?? undefined, (copy) => prepare(copy, job))
    try {
      takeAccess(partial, before)
      syncFile(partial)
      const kept = putInPlace(job, restored.replaced)
      return { path: to, bytes: statSync(to).size, kept, ...restored.proof, revoked: restored.revoked }
    } finally {
      restored.replaced.release()
    }
  } catch (error) {
    throw toStoreError(fileError(error, to))
  } finally {
    dropPrivateFile(partial)
  }
}

interface Restored {
  readonly proof: Omit<Proof, 'findings'>
  readonly revoked: Revoked
  /** Held since its tokens were read: it gives out no more of them. */
  readonly replaced: ReplacedFile
}

/** The old file is taken as late as can be: a backup that is refused leaves it as it was, byte for byte. */
const prepare = (copy: Connection, { from, to, driver, lockWaitMs, nowMs }: RestoreJob): Restored => {
  assertSound(from, prove(copy, nowMs))
  const replaced = takeFile(to, driver ?? undefined, lockWaitMs)
  try {
    const revoked = makeCurrent(copy, nowMs, replaced.highestToken)
    const { findings, ...proof } = assertSound(from, prove(copy, nowMs))
    return { proof, revoked, replaced }
  } catch (error) {
    replaced.release()
    throw error
  }
}

const assertSound = (from: string, proof: Proof): Proof => {
  const { findings } = proof
  if (findings.length === 0) return proof
  throw new BackupNotSoundError(`${from} contradicts itself: ${listed(findings)}`, {
    path: from,
    findings: findings.map(({ code }) => code).join(', '),
  })
}

/** For the same people as the file that it replaces; else for its owner alone. */
const takeAccess = (path: string, before: Stats | undefined): void => {
  chmodSync(path, before ? before.mode & 0o777 : 0o600)
  const isForeign = before && (before.uid !== process.getuid?.() || before.gid !== process.getgid?.())
  if (isForeign) chownSync(path, before.uid, before.gid)
}

/** The old one gets its second name first, so that at no moment there is none: a process that starts would make an empty one. */
const putInPlace = ({ to, partial, nowMs }: RestoreJob, replaced: ReplacedFile): string | null => {
  const isNew = lstatSync(to, { throwIfNoEntry: false }) === undefined
  const aside = asideOf(to, nowMs)
  try {
    replaced.keepAs(aside)
    if (isNew) addName(partial, to)
  } catch (error) {
    throw nameError(error, isNew ? to : aside)
  }
  if (!isNew) takeName(partial, to)
  // Whose checkpoint it announced is over. The bell and the line of waiters stay: others may watch them already.
  dropName(`${to}-ckpt`)
  return isNew ? null : aside
}

/** A name of its own, with the time in it: what is put aside is never replaced by what is put aside later. */
const asideOf = (path: string, nowMs: number): string => {
  const name = `${path}.replaced-${new Date(nowMs).toISOString().replace(/[-:.]/g, '')}`
  const taken = readdirSync(dirname(path)).filter((entry) => entry.startsWith(basename(name))).length
  return taken === 0 ? name : `${name}-${taken + 1}`
}
