import { stat } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'

/** How long another process may take between making a file and writing its first page. */
const FIRST_PAGE_MS = 2_000
const LOOK_AGAIN_MS = 20

/**
 * Whether a program makes its database file: only where there is none.
 *
 * An empty file is what is left of a store that was cut to nothing; SQLite would take it for a new one, in silence. It
 * is left for the store to refuse, unless a process that starts at the same time is just filling it.
 */
export const isToBeMade = async (path: string): Promise<boolean> => {
  const deadlineMs = performance.now() + FIRST_PAGE_MS
  for (;;) {
    const bytes = await sizeOf(path)
    if (bytes === undefined) return true
    if (bytes > 0) return isBeingWritten(path)
    if (performance.now() > deadlineMs) return false
    await sleep(LOOK_AGAIN_MS)
  }
}

/**
 * A rollback journal lies beside a file until its first page is whole: the power went in the middle of that, or another
 * process is at it. Whether the file is new is known to the store, which reads the journal.
 */
const isBeingWritten = async (path: string): Promise<boolean> => ((await sizeOf(`${path}-journal`)) ?? 0) > 0

const sizeOf = async (path: string): Promise<number | undefined> => {
  try {
    return (await stat(path)).size
  } catch (error) {
    // What is there and can't be looked at is told by the store, which names the reason.
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? undefined : 1
  }
}
