import { randomInt } from 'node:crypto'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { commitHere } from './commit.mjs'
import { machineAndEngine } from './machine.mjs'
import { USAGE, UsageError, readOptions } from './options.mjs'
import { PAGES, writePages } from './pages.mjs'
import { PLACES, resultsIn, unfinishedIn } from './results.mjs'
import { PROOFS, UnknownRow, loadRows, rowsNamed } from './rows.mjs'
import { runQuickly, runRow } from './run-row.mjs'
import { productHash, proofHash } from './sources.mjs'
import { standingOf } from './standing.mjs'
import { missingTools } from './tools.mjs'

/** How `npm run proofs` ends. */
export const EXIT = {
  /** Every row that was asked for holds. */
  proved: 0,
  /** A row failed, or a mistake wasn't caught. */
  failed: 1,
  /** The command can't be read. */
  usage: 2,
  /** Nothing failed, but something isn't through: its time was up, or a tool is missing. */
  unfinished: 3,
}

/** Everything of the surroundings that a test replaces. */
const SURROUNDINGS = {
  rows: loadRows,
  places: PLACES,
  pages: PAGES,
  failures: join(PROOFS, 'failures'),
  print: (line) => console.log(line),
  sourcesOf: (row) => ({ product: productHash(), proof: proofHash(row) }),
  about: () => ({ ...commitHere(), machine: machineAndEngine() }),
  missing: missingTools,
  now: () => performance.now(),
  isStopped: () => false,
}

/**
 * What `npm run proofs -- <args>` does.
 *
 * @returns {Promise<number>} The exit code.
 */
export const proofs = async (args, surroundings = {}) => {
  const around = { ...SURROUNDINGS, ...surroundings }
  try {
    const options = readOptions(args)
    if (options.help) return around.print(USAGE) ?? EXIT.proved
    const all = await around.rows()
    const rows = rowsNamed(all, options.names)
    if (options.list) return list(all, around)
    if (options.report) return writeReport(all, around)
    return options.quick ? await proveQuickly(rows, options, around) : await prove(all, rows, options, around)
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof UnknownRow)) throw error
    around.print(`${error.message}\n\n${USAGE}`)
    return EXIT.usage
  }
}

const standing = (row, around) =>
  standingOf({ row, result: resultsIn(around.places).of(row.name), sources: around.sourcesOf(row) })

const list = (rows, around) => {
  const wide = Math.max(...rows.map((row) => row.name.length))
  for (const row of rows) {
    const stands = unfinishedIn(around.places).of(row.name) ? 'not through' : standing(row, around)
    const needs = around.missing(row.needs ?? [])
    const lacks = needs.length > 0 ? ` (needs ${needs.join(', ')})` : ''
    around.print(
      `${row.name.padEnd(wide)}  ${(row.optIn ? `${stands}, opt-in` : stands).padEnd(16)}  ${row.title}${lacks}`,
    )
  }
  return EXIT.proved
}

const writeReport = (rows, around) => {
  writePages(around.pages, rows, resultsIn(around.places).of)
  return EXIT.proved
}

/** Named rows run in any case; of the others, those that aren't proved on these sources. */
const prove = async (all, rows, options, around) => {
  const wanted = options.names.length > 0 ? rows : rows.filter((row) => standing(row, around) !== 'proved')
  const codes = []
  for (const row of wanted) {
    const code = around.isStopped()
      ? EXIT.unfinished
      : await orFailed(row, around, () => proveRow(row, options, around))
    codes.push(code)
    writeReport(all, around)
  }
  if (wanted.length === 0) around.print('Every row is proved on these sources.')
  writeReport(all, around)
  return worst(codes)
}

const proveRow = async (row, { seed, minutes }, around) => {
  if (lacksTools(row, around)) return EXIT.unfinished
  const unfinished = unfinishedIn(around.places)
  const sources = around.sourcesOf(row)
  const result = await runRow({
    row,
    seed: seed ?? newSeed(),
    askedSeed: seed,
    sources,
    deadlineMs: around.now() + minutes * 60_000,
    unfinished,
    failuresOf: (name) => join(around.failures, name),
    print: around.print,
    now: around.now,
    isStopped: around.isStopped,
  })
  if (result === undefined) {
    around.print(`${row.name}: the time is up; npm run proofs -- ${row.name} goes on`)
    return EXIT.unfinished
  }
  unfinished.forget(row.name)
  if (!isDeepStrictEqual(around.sourcesOf(row), sources)) {
    around.print(
      `${row.name}: the sources changed while it ran, so nobody knows what it is the result of: run it again`,
    )
    return EXIT.unfinished
  }
  resultsIn(around.places).keep({ ...result, ...around.about() })
  return sayVerdict(row, result, around)
}

/** A row that throws has proved nothing, and keeps no other from running. */
const orFailed = async (row, around, run) => {
  try {
    return await run()
  } catch (error) {
    around.print(`${row.name}: could not be run: ${error?.stack ?? error}`)
    return EXIT.failed
  }
}

const sayVerdict = (row, { passed, seeds, violations, violationsFound, mistakes }, around) => {
  for (const { name, caught } of mistakes) if (!caught) around.print(`${row.name}: NOT caught: ${name}`)
  for (const { what } of violations) around.print(`${row.name}: ${what}`)
  if (passed) around.print(`${row.name}: holds, ${mistakes.length} of ${mistakes.length} mistakes caught`)
  else {
    around.print(
      `${row.name}: FAILS with ${violationsFound} violations; evidence in ${join(around.failures, row.name)}`,
    )
    around.print(`replay: npm run proofs -- ${row.name} --seed ${seeds[0]}`)
  }
  return passed ? EXIT.proved : EXIT.failed
}

const proveQuickly = async (rows, { seed = newSeed() }, around) => {
  const codes = []
  for (const row of rows) codes.push(await orFailed(row, around, () => quickRow(row, seed, around)))
  return worst(codes)
}

const quickRow = async (row, seed, around) => {
  if (lacksTools(row, around)) return EXIT.unfinished
  around.print(`${row.name}: seed ${seed}, quick`)
  const { print } = around
  const outcome = await runQuickly(row, { seed, print, failures: join(around.failures, row.name) })
  const mistakes = []
  for (const mistake of row.mistakes) {
    const { passed } = await runQuickly(row, { mistake, seed, print })
    mistakes.push({ name: mistake.name, caught: !passed })
  }
  const { violations } = outcome
  const passed = outcome.passed && outcome.done && mistakes.every(({ caught }) => caught)
  print(`${row.name}: ${JSON.stringify(outcome.figures)}`)
  return sayVerdict(row, { passed, seeds: [seed], violations, violationsFound: violations.length, mistakes }, around)
}

const lacksTools = (row, around) => {
  const missing = around.missing(row.needs ?? [])
  if (missing.length > 0) around.print(`${row.name}: skipped, it needs ${missing.join(', ')}`)
  return missing.length > 0
}

const newSeed = () => randomInt(2 ** 31)

const worst = (codes) => {
  if (codes.includes(EXIT.failed)) return EXIT.failed
  return codes.includes(EXIT.unfinished) ? EXIT.unfinished : EXIT.proved
}
