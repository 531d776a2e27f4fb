import type { Memory } from '@holdfast/memory'
import { keyPrefix } from './document-key.js'
import { isAfter } from './walk.js'

const PAGE = 500

/** A stretch of paths that the walk has covered, in byte order: after `afterPath`, up to and including `lastPath`. */
export interface Stretch {
  readonly folder: string
  readonly namespace: string
  readonly afterPath: string | undefined
  /** Undefined for the last stretch: everything that follows. */
  readonly lastPath: string | undefined
  /** What the walk found in it. */
  readonly found: ReadonlySet<string>
  /** Folders that couldn't be listed, each with its last slash: nobody knows what is gone from them. */
  readonly unreadable: readonly string[]
}

/**
 * Removes the documents of a stretch whose files are no longer there. Walk and store run in the same order, so this
 * is a merge: it holds one page, whatever the size of either side.
 */
export const removeGone = async (memory: Memory, stretch: Stretch): Promise<number> => {
  const { namespace, folder, lastPath } = stretch
  let removed = 0
  let afterPath = stretch.afterPath
  for (;;) {
    const page = await memory.listDocuments(namespace, { folder, limit: PAGE, ...(afterPath && { afterPath }) })
    for (const { path } of page) {
      if (lastPath !== undefined && isAfter(path, lastPath)) return removed
      if (stretch.found.has(path) || stretch.unreadable.some((unread) => path.startsWith(unread))) continue
      const gone = await memory.removeDocument(namespace, path, {
        idempotency: { prefix: keyPrefix(namespace, path) },
      })
      if (gone.removed) removed++
    }
    afterPath = page.at(-1)?.path
    if (afterPath === undefined) return removed
  }
}
