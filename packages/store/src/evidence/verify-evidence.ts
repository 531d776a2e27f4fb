import { createHash } from 'node:crypto'
import { createReadStream, type Stats } from 'node:fs'
import { stat } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import {
  judgeCommandExit,
  readPack,
  type ArtifactExists,
  type DbRow,
  type Evidence,
  type EvidencePack,
  type EvidenceRow,
  type FileSha256,
  type Finding,
  type FindingReason,
} from '../evidence.js'
import { StoreError } from '../errors.js'
import { isOpenHere, keyOf } from '../sqlite/one-copy.js'
import { locate } from './confined-path.js'

/** The store's `checkpoints`, seen from here. */
export interface FindsRows {
  findEvidenceRow(
    row: EvidenceRow,
    options?: { readonly tenant?: string },
  ): Promise<{ readonly exists: boolean; readonly matches: boolean }>
}

export interface EvidenceOptions {
  /** Files of the pack must lie in this folder, links resolved; relative paths start here. */
  readonly root?: string
  readonly tenant?: string
}

/** Looks for every piece of a pack, in order. Finding nothing is an answer; only a failing store throws. */
export const verifyEvidence = async (
  pack: EvidencePack,
  rows: FindsRows,
  options: EvidenceOptions = {},
): Promise<readonly Finding[]> => {
  const findings: Finding[] = []
  for (const piece of readPack(pack).pieces) {
    const reason = await lookFor(piece, rows, options)
    findings.push({ kind: piece.kind, holds: reason === null, reason })
  }
  return findings
}

/** Why a piece does not hold; null when it does. */
const lookFor = async (piece: Evidence, rows: FindsRows, options: EvidenceOptions): Promise<FindingReason | null> => {
  switch (piece.kind) {
    case 'artifact_exists':
      return lookForArtifact(piece, options)
    case 'file_sha256':
      return lookForDigest(piece, options)
    case 'command_exit':
      return judgeCommandExit(piece).reason
    case 'db_row':
      return lookForRow(piece, rows, options)
  }
}

const lookForArtifact = async (
  { path, type = 'any' }: ArtifactExists,
  { root }: EvidenceOptions,
): Promise<FindingReason | null> => {
  const located = await locate(path, root)
  if ('reason' in located) return located.reason
  const found = await statOrNothing(located.path)
  if (!found) return 'missing'
  const isAsked = { any: true, file: found.isFile(), directory: found.isDirectory() }[type]
  return isAsked ? null : 'wrong_type'
}

const lookForDigest = async (
  { path, digest }: FileSha256,
  { root }: EvidenceOptions,
): Promise<FindingReason | null> => {
  const located = await locate(path, root)
  if ('reason' in located) return located.reason
  const found = await statOrNothing(located.path)
  if (!found) return 'missing'
  if (!found.isFile()) return 'wrong_type'
  if (isInUse(located.path)) return 'open_here'
  const actual = await sha256OfFile(located.path)
  if (actual === undefined) return 'unreadable'
  return actual === digest.toLowerCase().replace(/^sha256:/, '') ? null : 'digest_differs'
}

const statOrNothing = async (path: string): Promise<Stats | undefined> => {
  try {
    return await stat(path)
  } catch {
    return undefined // It went away between the two looks.
  }
}

/**
 * True for a file that this process has open, and for what lies beside a database that it has open. Closing a second
 * descriptor of a database drops every lock that the process holds on it: acknowledged commits were lost that way
 * (measured). And a file that is still being written is no evidence yet.
 */
const isInUse = (path: string): boolean => [path, path.replace(/-(?:wal|shm|journal)$/, '')].some(isOpen)

const isOpen = (path: string): boolean => {
  try {
    return isOpenHere(keyOf(path))
  } catch {
    return false // There is no such file.
  }
}

/** The digest, read as a stream: a file may be larger than memory. Undefined when it can't be read. */
const sha256OfFile = async (path: string): Promise<string | undefined> => {
  const hash = createHash('sha256')
  try {
    await pipeline(createReadStream(path), hash)
    return hash.digest('hex')
  } catch {
    return undefined // Its owner may read it; that it was not readable here is the finding.
  }
}

const lookForRow = async (
  { table, match, values = {} }: DbRow,
  rows: FindsRows,
  { tenant }: EvidenceOptions,
): Promise<FindingReason | null> => {
  try {
    const { exists, matches } = await rows.findEvidenceRow(
      { table, match, values },
      tenant === undefined ? {} : { tenant },
    )
    if (!exists) return 'row_missing'
    return matches ? null : 'row_differs'
  } catch (error) {
    if (error instanceof StoreError && error.code === 'input.invalid') return 'unknown_table_or_column'
    throw error
  }
}
