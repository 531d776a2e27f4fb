import { NonRetryableError } from '@holdfast/engine'

/** Why a file or a folder can't be ingested; trying again without changing it would end the same way. */
export type IngestErrorCode =
  | 'ingest.outside_roots'
  | 'ingest.not_found'
  | 'ingest.not_a_folder'
  | 'ingest.not_a_file'
  | 'ingest.unreadable'
  | 'ingest.too_large'
  | 'ingest.not_utf8'
  | 'ingest.too_many_sections'

/** Fails the item for good, with a code that says what is wrong with the file. */
export const refuse = (code: IngestErrorCode, message: string, cause?: unknown): NonRetryableError =>
  new NonRetryableError(message, cause === undefined ? { code } : { code, cause })

/** The code of a failed system call (`ENOENT`), or undefined. */
export const systemCode = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
