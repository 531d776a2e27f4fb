import { json } from '../codec.js'
import type { Payload } from '../payload.js'
import { canonicalJson } from '../request-hash.js'
import { decode, type RepositoryContext } from './context.js'

/**
 * The stored payload, when it says what `sent` says in other bytes; undefined when it says something else, or when no
 * codec here can read it.
 *
 * The database compares bytes, and plain JSON has one text for one value. A codec that encrypts writes other bytes each
 * time: a repeated call under it is recognised here, by value, and sent again with the bytes that are stored.
 */
export const storedTwin = (
  context: RepositoryContext,
  sent: Payload,
  stored: Payload | null | undefined,
): Payload | undefined => {
  if (!stored || (sent.encoding === json.name && stored.encoding === json.name)) return undefined
  if (stored.data === sent.data && stored.encoding === sent.encoding) return undefined
  if (stored.encoding !== json.name && stored.encoding !== context.codec.name) return undefined
  const isSame = canonicalJson(decode(context, sent)) === canonicalJson(decode(context, stored))
  return isSame ? stored : undefined
}
