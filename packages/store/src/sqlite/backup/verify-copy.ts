import { copyFileSync, constants, mkdtempSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Connection } from '../connection.js'
import { toStoreError } from '../database-errors.js'
import type { SqliteDriver } from '../driver/names.js'
import { fileError } from '../file-check.js'
import { migrationsFolder } from '../migration-files.js'
import { migrate } from '../migrator.js'
import { beginEpoch, type Revoked } from './new-epoch.js'
import { withPrivateFile } from './private-file.js'
import { type Proof, prove } from './prove.js'

/** What the process that verifies a backup is told. */
export interface VerifyJob {
  readonly from: string
  /** The folder in which it is restored, and then removed. */
  readonly workFolder: string
  readonly driver: SqliteDriver | null
  readonly nowMs: number
}

/** What a backup holds, and whether it can be relied on. */
export interface VerifyReport extends Proof {
  readonly path: string
  readonly bytes: number
  /** True when nothing was found. */
  readonly isSound: boolean
}

/** Restores a backup into a folder of its own, looks at what came out of it, and removes that. The backup is only read. */
export const verifyCopy = ({ from, workFolder, driver, nowMs }: VerifyJob): VerifyReport => {
  try {
    const folder = mkdtempSync(join(workFolder, 'holdfast-verify-'))
    try {
      const copy = join(folder, 'copy.db')
      copyFileSync(from, copy, constants.COPYFILE_EXCL)
      const proof = withPrivateFile(copy, driver ?? undefined, (connection) => tryOut(connection, nowMs))
      return { path: from, bytes: statSync(from).size, ...proof, isSound: proof.findings.length === 0 }
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  } catch (error) {
    throw toStoreError(fileError(error, from))
  }
}

/** Whether it is sound, and, if it is, whether it still is once everything has been done to it that a restore does. */
const tryOut = (connection: Connection, nowMs: number): Proof => {
  const before = prove(connection, nowMs)
  if (before.findings.length > 0) return before
  makeCurrent(connection, nowMs, 0)
  return { ...before, findings: prove(connection, nowMs).findings }
}

/** Brings a copy to this code's schema, and begins its new epoch. */
export const makeCurrent = (connection: Connection, nowMs: number, atLeast: number): Revoked => {
  // The store's id is in the file; this one would name a file that has none, which `prove` has refused.
  migrate(connection, { folder: migrationsFolder('sqlite'), storeId: 'restored', nowMs })
  return beginEpoch(connection, nowMs, atLeast)
}
