import { v5, v7 } from 'uuid'

/** Makes ids: UUIDv7, so that they sort by time and insert at the end of an index. */
export type Ids = () => string

export const uuidV7: Ids = () => v7()

/**
 * The id that `key` always has under `parentId` (UUIDv5). A fan-out that runs again after a crash names the same
 * children, so none is made twice.
 */
export const childId = (parentId: string, key: string): string => v5(key, parentId)
