import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { PROOFS } from './rows.mjs'

/**
 * Where results are kept, and the state of rows that are not through.
 *
 * @typedef {{ results: string, unfinished: string }} Places
 */

/** @type {Places} */
export const PLACES = { results: join(PROOFS, 'results'), unfinished: join(PROOFS, '../.tmp/proofs') }

const read = (file) => (existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined)

/** Written beside and renamed: a row that is killed while it saves goes on from what it saved before. */
const write = (file, value) => {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(`${file}.new`, `${JSON.stringify(value, null, 2)}\n`)
  renameSync(`${file}.new`, file)
}

/** The results that a folder holds, by name of the row. */
export const resultsIn = ({ results } = PLACES) => ({
  of: (name) => read(join(results, `${name}.json`)),
  keep: (result) => write(join(results, `${result.row}.json`), result),
})

/** What rows saved on their way. */
export const unfinishedIn = ({ unfinished } = PLACES) => ({
  of: (name) => read(join(unfinished, `${name}.json`)),
  keep: (name, state) => write(join(unfinished, `${name}.json`), state),
  forget: (name) => rmSync(join(unfinished, `${name}.json`), { force: true }),
})
