import { execFile } from 'node:child_process'
import { closeSync, openSync, readSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** The size of a file's WAL, in bytes; 0 where there is none. */
export const walBytes = (path) => statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0

/**
 * How often the WAL was begun anew, since it was made: SQLite adds one to the first of its salts each time.
 * https://www.sqlite.org/fileformat2.html#the_write_ahead_log
 *
 * The WAL may be opened and closed beside the product: a close drops the POSIX locks of its own file only.
 */
export const walSalt = (path) => {
  const file = openSync(`${path}-wal`, 'r')
  try {
    const salt = Buffer.alloc(4)
    return readSync(file, salt, 0, 4, 16) === 4 ? salt.readUInt32BE() : undefined
  } finally {
    closeSync(file)
  }
}

/** How often it was begun anew between two looks. */
export const resetsBetween = (before, after) => (after - before) >>> 0

/** What is wrong with a file, given what its writers were told: nothing, or lines. */
export const checkFile = async (path, writers) => {
  const { stdout } = await promisify(execFile)(process.execPath, [join(import.meta.dirname, 'check-file.mjs'), path], {
    maxBuffer: 64 * 1024 * 1024,
  })
  const { integrity, tasks, expiries, refused } = JSON.parse(stdout)
  if (refused) return [{ what: `the file is refused with ${refused}` }]
  const submitted = writers.reduce((sum, writer) => sum + writer.submitted, 0)
  const lost = writers.flatMap((writer) => Object.entries(writer.expiries).filter(([id, at]) => expiries[id] !== at))
  return [
    ...(integrity === 'ok' ? [] : [{ what: 'the file is damaged', detail: integrity }]),
    ...(tasks === submitted ? [] : [{ what: `${submitted} tasks were acknowledged, the file has ${tasks}` }]),
    ...(lost.length === 0 ? [] : [{ what: `${lost.length} acknowledged heartbeats are gone`, lost: lost.slice(0, 5) }]),
  ]
}
