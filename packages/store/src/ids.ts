import { v5, v7, validate } from 'uuid'

/** Makes ids: UUIDv7, so that they sort by time and insert at the end of an index. */
export type Ids = () => string

export const uuidV7: Ids = () => v7()

/** Names the ids of callers that are no UUIDs, so that they can have children. Never changes: children are found by it. */
const NAMES = '6f8a3c1e-52d7-5b0f-9a64-0d1c7e2b9f35'

/**
 * The id that `key` always has under `parentId` (UUIDv5), whatever text the parent's id is. A fan-out that runs again
 * after a crash names the same children, so none is made twice.
 */
export const childId = (parentId: string, key: string): string =>
  v5(key, validate(parentId) ? parentId : v5(parentId, NAMES))
