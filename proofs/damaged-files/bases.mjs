import { fork } from 'node:child_process'
import { copyFileSync, mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

const MAKE_STORES = join(import.meta.dirname, 'make-stores.mjs')

/**
 * A file as it was left, with the WAL beside it if it had one, and what it acknowledged.
 *
 * @typedef {{ path: string, ledger: import('./ledger.mjs').Ledger }} Base
 */

/**
 * The stores that are damaged: `closed` has everything in the file; `killed` is what kill -9 leaves, acknowledged work in
 * its WAL included; `earlier` is the same store at an earlier time; `other` is another store, as kill -9 leaves it.
 *
 * @param {string} folder
 * @returns {Promise<Record<'closed' | 'killed' | 'earlier' | 'other', Base>>}
 */
export const makeBases = (folder) => {
  const bases = {}
  const child = fork(MAKE_STORES, [pathIn(folder, 'live'), pathIn(folder, 'foreign')])
  child.on('message', ({ name, from, ledger }) => {
    const path = pathIn(folder, name)
    copyStore(from, path)
    bases[name] = { path, ledger }
    child.send('copied')
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', () => {
      if (bases.other) resolve(bases)
      else reject(new Error('the stores that are to be damaged could not be made'))
    })
  })
}

const pathIn = (folder, name) => {
  mkdirSync(join(folder, name), { recursive: true })
  return join(folder, name, 'holdfast.db')
}

/** The file, and its WAL where that holds anything. */
export const copyStore = (from, to) => {
  copyFileSync(from, to)
  const wal = statSync(`${from}-wal`, { throwIfNoEntry: false })
  if (wal?.size) copyFileSync(`${from}-wal`, `${to}-wal`)
}
