import { copyFileSync, existsSync, rmSync } from 'node:fs'
import { runChild } from './children.mjs'

/**
 * Makes a file with this many pending items, in a process that has ended when this resolves: nobody has it open.
 *
 * @param options.priority, options.delayMs As of every item; see `SubmitTask`.
 */
export const makeBacklog = (path, { items, durability, ...options }) =>
  runChild('support/fill.mjs', { path, items, durability, ...options })

/** The file `to` with the content of `from`, whatever was there before. Only while nobody has either of them open. */
export const copyBacklog = (from, to) => {
  // A WAL that another run left would be taken for this file's own.
  for (const suffix of ['', '-wal', '-shm']) rmSync(to + suffix, { force: true })
  for (const suffix of ['', '-wal']) if (existsSync(from + suffix)) copyFileSync(from + suffix, to + suffix)
  return to
}
