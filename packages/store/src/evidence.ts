import { InvalidInputError } from './errors.js'

/** A file or folder must be there. */
export interface ArtifactExists {
  readonly kind: 'artifact_exists'
  readonly path: string
  /** `any` where none is named. */
  readonly type?: 'file' | 'directory' | 'any'
}

/** A file must have these bytes. */
export interface FileSha256 {
  readonly kind: 'file_sha256'
  readonly path: string
  /** 64 hex digits, with or without `sha256:` before them. */
  readonly digest: string
}

/** A command must have ended as expected. The record is what is verified: nothing is run again. */
export interface CommandExit {
  readonly kind: 'command_exit'
  readonly command?: string
  /** The exit code on record. Null when the command was killed: that never holds. */
  readonly exitCode: number | null
  /** 0 where none is named. */
  readonly expectedExitCode?: number
}

/** What a row is looked up by, and what it must say. */
export interface EvidenceRow {
  readonly table: string
  readonly match: { readonly [column: string]: string | number | null }
  readonly values?: { readonly [column: string]: string | number | null }
}

/** A row must be in the store's file. */
export interface DbRow extends EvidenceRow {
  readonly kind: 'db_row'
}

export type Evidence = ArtifactExists | FileSha256 | CommandExit | DbRow

/** What a verification has to find: every piece, or at least `minimum` of them. An empty pack is never verified. */
export type EvidencePack = readonly Evidence[] | { readonly minimum?: number; readonly pieces: readonly Evidence[] }

/** What became of one piece of evidence. `reason` is a stable word, null when it holds. */
export interface Finding {
  readonly kind: Evidence['kind']
  readonly holds: boolean
  readonly reason: FindingReason | null
}

export type FindingReason =
  | 'missing'
  | 'wrong_type'
  | 'unreadable'
  | 'outside_root'
  | 'open_here'
  | 'digest_differs'
  | 'exit_code_differs'
  | 'row_missing'
  | 'row_differs'
  | 'unknown_table_or_column'

/** The pieces of a pack, and how many of them must hold. */
export const readPack = (pack: EvidencePack): { readonly pieces: readonly Evidence[]; readonly minimum: number } => {
  const { pieces, minimum } = isList(pack) ? { pieces: pack, minimum: undefined } : pack
  return { pieces, minimum: minimum ?? pieces.length }
}

/** True when enough was found. Nothing to find is not enough. */
export const isEnough = (pack: EvidencePack, findings: readonly Finding[]): boolean => {
  const { pieces, minimum } = readPack(pack)
  return pieces.length > 0 && minimum >= 1 && findings.filter(({ holds }) => holds).length >= minimum
}

/** A recorded exit code holds when it is the integer that was expected, and nothing else does. */
export const judgeCommandExit = ({ exitCode, expectedExitCode = 0 }: CommandExit): Finding => {
  const holds = Number.isInteger(exitCode) && exitCode === expectedExitCode
  return { kind: 'command_exit', holds, reason: holds ? null : 'exit_code_differs' }
}

/**
 * A pack as it may be stored.
 *
 * @throws {InvalidInputError} `input.invalid`: a kind nobody can verify, a piece without what it needs, or a minimum
 * that is not an integer from 1 to the number of pieces.
 */
export const checkEvidencePack = (pack: EvidencePack): EvidencePack => {
  const { pieces, minimum } = readPack(isObject(pack) ? pack : [])
  assert(isObject(pack) && isList(pieces), 'a pack is a list of pieces, or { minimum, pieces }')
  for (const piece of pieces) checkPiece(piece)
  const isMinimum = Number.isInteger(minimum) && minimum >= 1 && minimum <= pieces.length
  assert(isMinimum || pieces.length === 0, `minimum must be an integer from 1 to ${pieces.length}`)
  return pack
}

const checkPiece = (piece: Evidence): void => {
  assert(isObject(piece), 'a piece is an object with a kind')
  switch (piece.kind) {
    case 'artifact_exists':
      assert(isName(piece.path), 'path must be text that is not empty')
      assert(['file', 'directory', 'any'].includes(piece.type ?? 'any'), 'type is file, directory or any')
      break
    case 'file_sha256':
      assert(isName(piece.path), 'path must be text that is not empty')
      assert(/^(?:sha256:)?[0-9a-f]{64}$/i.test(piece.digest), 'digest must be 64 hex digits')
      break
    case 'command_exit':
      assert('exitCode' in piece, 'command_exit needs the exit code on record')
      assert(Number.isInteger(piece.expectedExitCode ?? 0), 'expectedExitCode must be an integer')
      break
    case 'db_row':
      assert(isName(piece.table), 'table must be text that is not empty')
      assert(areValues(piece.match) && Object.keys(piece.match).length > 0, 'db_row needs a column to match')
      assert(areValues(piece.values ?? {}), 'columns hold text, numbers or null')
      break
    default:
      assert(false, `no verification knows the kind ${String((piece as { kind: unknown }).kind)}`)
  }
}

const isName = (text: unknown): boolean => typeof text === 'string' && text !== '' && !text.includes('\u0000')

const areValues = (values: unknown): boolean =>
  isObject(values) &&
  Object.values(values).every((value) => value === null || ['string', 'number'].includes(typeof value))

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null

const isList = (value: unknown): value is readonly Evidence[] => Array.isArray(value)

function assert(holds: boolean, why: string): asserts holds {
  if (!holds) throw new InvalidInputError(`the evidence can't be kept: ${why}`)
}
