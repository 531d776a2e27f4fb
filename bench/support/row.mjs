import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { runChild } from './children.mjs'
import { inFolder } from './levels.mjs'
import { machine } from './machine.mjs'
import { Skipped } from './skipped.mjs'
import { shown, tableOf } from './table.mjs'

/** Where a row leaves its result. */
export const RESULTS = resolve(import.meta.dirname, '../results')

/** What every row can be told; a row adds its own. */
const OPTIONS = {
  quick: { type: 'boolean', default: false },
  full: { type: 'boolean', default: false },
  seconds: { type: 'string' },
  runs: { type: 'string' },
  json: { type: 'string' },
}

/**
 * Runs one row: reads its options, takes its figures, prints them as a table, and writes them as JSON into
 * `bench/results/<name>.json`, or where `--json` says. A quick run says only that the row works, so it leaves the
 * results of others alone.
 *
 * @param row.seconds How long one figure is measured, unless `--seconds` says otherwise.
 * @param row.runs How often, unless `--runs` says otherwise.
 * @param row.quick What `--quick` makes of the other options.
 * @param row.measure Adds to `report` while it goes.
 */
export const runRow = async ({ name, title, seconds = 5, runs = 3, options: own = {}, quick = {}, measure }) => {
  const { values } = parseArgs({ options: { ...OPTIONS, ...own } })
  const defaults = { seconds, runs, ...(values.quick ? { seconds: 0.2, runs: 1, ...quick } : {}) }
  const options = { ...defaults, ...numbers(values) }
  const report = new Report(options)
  await measure(report, options)
  const result = {
    row: name,
    title,
    takenAt: new Date().toISOString(),
    machine: machine(),
    options,
    ...report.result(),
  }
  console.log(tableOf(result))
  const file = values.json ?? (values.quick ? undefined : join(RESULTS, `${name}.json`))
  if (file === undefined) return
  mkdirSync(dirname(resolve(file)), { recursive: true })
  writeFileSync(file, `${JSON.stringify(result, null, 2)}\n`)
}

/** Options that are numbers come as text. */
const numbers = (values) =>
  Object.fromEntries(
    Object.entries(values)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name, typeof value === 'string' && /^[\d.]+$/.test(value) ? Number(value) : value]),
  )

/** The figures of a row, and what could not be taken. */
class Report {
  #figures = []
  #skipped = []
  #about = {}
  #syncs = {}

  constructor(options) {
    this.options = options
  }

  /**
   * @param figure `what` was measured, at which `level`, its `value` and `unit`; `limit` and `ratio` where there is
   * something to hold it against; whatever else belongs to it in `detail`.
   */
  add(figure) {
    this.#figures.push(figure)
    console.error(`${figure.what}, ${figure.level}: ${shown(figure.value)} ${figure.unit}`)
  }

  /** Says what ran: the driver and its SQLite, as the store reports them. */
  about({ driver, engineVersion }) {
    this.#about = { driver, sqliteVersion: engineVersion }
  }

  /** Takes figures that this machine may not be able to give. */
  async unlessSkipped(what, take) {
    try {
      return await take()
    } catch (error) {
      if (!(error instanceof Skipped)) throw error
      this.#skipped.push({ what, why: error.message })
      return undefined
    }
  }

  /** Gives `use` an empty folder of that level, and measures once what a sync costs there. */
  atLevel(what, level, use) {
    return this.unlessSkipped(`${what}, ${level.name}`, () =>
      inFolder(level, async (folder) => {
        this.#syncs[level.name] ??= await runChild('support/sync-cost.mjs', { folder }, { env: level.env() })
        return use(folder)
      }),
    )
  }

  result() {
    return { ...this.#about, syncs: this.#syncs, figures: this.#figures, skipped: this.#skipped }
  }
}

/** An option that names several. */
export const listOf = (option) => String(option).split(',')
