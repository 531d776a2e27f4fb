import { readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { KNOWN_TOOLS } from './tools.mjs'

/** The folder of proofs. */
export const PROOFS = resolve(import.meta.dirname, '..')

/**
 * What a proof came to, as far as it got.
 *
 * @typedef {object} Outcome
 * @property {boolean} done Whether the load was reached. A row that ran out of time saves its state and answers false.
 * @property {boolean} passed Whether its pass condition holds, of all that was seen so far.
 * @property {Record<string, unknown>} figures Plain JSON, for the report.
 * @property {readonly { what: string }[]} violations What must not be; each says enough to be looked into.
 * @property {Record<string, number>} [reached] How much of each number in the load was done. Less than was asked fails.
 * @property {readonly number[]} [seeds] Where more than the one seed was used.
 * @property {readonly string[]} [notes] What a reader of the figures must know.
 */

/**
 * A product that is wrong on purpose: the row's own check, run against it, must come back with `passed: false`.
 *
 * @typedef {object} Mistake
 * @property {string} name What is wrong with that product.
 * @property {(context: import('./context.mjs').Context) => Promise<Outcome>} prove
 * @property {Record<string, unknown>} [load] Its size; the row's quick load where there is none.
 */

/**
 * One proof: a file `rows/<name>.mjs` that exports `row`.
 *
 * @typedef {object} Row
 * @property {string} name As the file is called, and the command.
 * @property {string} title What is shown to hold, in one line.
 * @property {readonly string[]} promises P1 to P8.
 * @property {readonly string[]} [needs] Tools, by the names in tools.mjs.
 * @property {readonly string[]} [folders] Below `proofs/`, what the row is made of; its own name where there is none.
 * @property {boolean} [optIn] Runs only when it is named.
 * @property {{ full: Record<string, unknown>, quick: Record<string, unknown> }} loads
 * @property {(context: import('./context.mjs').Context) => Promise<Outcome>} prove Works until the load is reached or
 * `context.isOver()`, saves what it has, and is called again with it.
 * @property {readonly Mistake[]} mistakes At least one: a proof that can't fail proves nothing.
 */

/** Asked for a row that there is not. */
export class UnknownRow extends Error {}

/**
 * Every row, in the order of its name.
 *
 * @returns {Promise<Row[]>}
 */
export const loadRows = async (folder = join(PROOFS, 'rows')) => {
  const files = readdirSync(folder).filter((file) => file.endsWith('.mjs'))
  return Promise.all(files.sort().map((file) => loadRow(join(folder, file), file.slice(0, -'.mjs'.length))))
}

const loadRow = async (file, name) => {
  const { row } = await import(pathToFileURL(file).href)
  const wrong = row === undefined ? ['exports no `row`'] : problemsOf(row, name)
  if (wrong.length > 0) throw new Error(`${file} is no proof: ${wrong.join('; ')}`)
  return row
}

/** What keeps a declaration from being a row. */
export const problemsOf = (row, name) =>
  [
    [row.name === name, `it is called ${row.name}, not as its file, ${name}`],
    [isText(row.title), 'it has no title'],
    [isListOf(row.promises, /^P[1-8]$/), 'it names no promise (P1 to P8)'],
    [(row.needs ?? []).every((tool) => KNOWN_TOOLS.includes(tool)), `it needs a tool that is none of ${KNOWN_TOOLS}`],
    [row.loads?.full && row.loads?.quick, 'it lacks a load: full or quick'],
    [typeof row.prove === 'function', 'it has no function `prove`'],
    [row.mistakes?.length > 0, 'it brings no mistake that it must catch'],
    [(row.mistakes ?? []).every(isMistake), 'a mistake lacks its name or its function `prove`'],
    [new Set(row.mistakes?.map((each) => each.name)).size === row.mistakes?.length, 'two mistakes have one name'],
  ].flatMap(([holds, problem]) => (holds ? [] : [problem]))

const isText = (value) => typeof value === 'string' && value.length > 0
const isListOf = (value, pattern) =>
  Array.isArray(value) && value.length > 0 && value.every((each) => pattern.test(each))
const isMistake = ({ name, prove }) => isText(name) && typeof prove === 'function'

/** The rows of those names; all that aren't opt-in where there are none. */
export const rowsNamed = (rows, names) => {
  if (names.length === 0) return rows.filter((row) => !row.optIn)
  return names.map((name) => {
    const row = rows.find((each) => each.name === name)
    if (!row) throw new UnknownRow(`there is no proof ${name}; there are: ${rows.map((each) => each.name).join(', ')}`)
    return row
  })
}
