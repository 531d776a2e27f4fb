import { createHash } from 'node:crypto'
import { MAX_NAME_LENGTH } from '@holdfast/store'

const HASH_LENGTH = 71 // `sha256:` and 64 hex digits

/**
 * The beginning of the idempotency key of each content that a file ever has; its content's hash is the rest. Readable
 * as long as it fits, a digest of the same words where the path is too long.
 */
export const keyPrefix = (namespace: string, path: string): string => {
  const readable = `ingest:${namespace}:${path}@`
  if (readable.length + HASH_LENGTH <= MAX_NAME_LENGTH) return readable
  return `ingest:${createHash('sha256').update(readable).digest('hex')}@`
}
