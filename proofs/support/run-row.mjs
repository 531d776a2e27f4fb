import { isDeepStrictEqual } from 'node:util'
import { withContext } from './context.mjs'

/**
 * Proves one row at full size: first that each of its mistakes is caught, then the product itself. What is done is kept
 * part by part, so that a run that ends early is gone on with, as long as sources and load are the same.
 *
 * @param {object} options
 * @param {import('./rows.mjs').Row} options.row
 * @param {number} options.seed Of a run that begins; one that goes on keeps its own.
 * @param {{ product: string, proof: string }} options.sources
 * @param {number} options.deadlineMs
 * @param {{ of: (name: string) => any, keep: (name: string, state: any) => void, forget: (name: string) => void }} options.unfinished
 * @param {(name: string) => string} options.failuresOf Where the evidence of a failing run goes.
 * @param {(line: string) => void} options.print
 * @param {() => boolean} [options.isStopped] Whether somebody asks it to end early.
 * @param {() => number} [options.now]
 * @returns {Promise<any>} The result; undefined when it isn't through.
 */
export const runRow = async (options) => {
  const { row, unfinished, print, now = () => performance.now(), isStopped = () => false } = options
  const run = runToGoOnWith(options) ?? newRun(options)
  print(`${row.name}: seed ${run.seed}${run.spentMs > 0 ? ', going on' : ''}`)
  const begunAt = now()
  const spentBefore = run.spentMs
  const keep = () => {
    run.spentMs = spentBefore + Math.round(now() - begunAt)
    unfinished.keep(row.name, run)
  }
  for (const part of partsOf(row)) {
    if (!(await runPart({ ...options, now, isStopped, part, run, keep }))) return undefined
  }
  keep()
  return resultOf(row, run)
}

/** The mistakes come first: they cost little, and a proof that misses one isn't worth its hours. */
const partsOf = (row) => [
  ...row.mistakes.map((mistake) => ({ key: `mistake: ${mistake.name}`, ...mistake, load: mistakeLoad(row, mistake) })),
  { key: PRODUCT, load: row.loads.full, prove: row.prove },
]

const PRODUCT = 'product'

/** How large a run against a mistake is. */
export const mistakeLoad = (row, mistake) => mistake.load ?? row.loads.quick

const newRun = ({ row, seed, sources }) => ({
  sources,
  load: row.loads.full,
  seed,
  startedAt: new Date().toISOString(),
  spentMs: 0,
  parts: {},
})

const runToGoOnWith = ({ row, sources, unfinished, askedSeed }) => {
  const run = unfinished.of(row.name)
  if (!run || !isDeepStrictEqual(run.sources, sources) || !isDeepStrictEqual(run.load, row.loads.full)) return undefined
  return askedSeed === undefined || askedSeed === run.seed ? run : undefined
}

/** Runs one part until it is through or the time is up; answers whether it is through. */
const runPart = async ({ row, part, run, keep, deadlineMs, failuresOf, print, now, isStopped }) => {
  run.parts[part.key] ??= {}
  const kept = run.parts[part.key]
  if (kept.outcome?.done) return true
  const isProduct = part.key === PRODUCT
  do {
    if (now() >= deadlineMs || isStopped()) return false
    kept.outcome = await withContext(
      {
        name: isProduct ? row.name : `${row.name}, ${part.key}`,
        load: part.load,
        seed: run.seed,
        state: kept.state,
        save: async (state) => {
          kept.state = state
          keep()
        },
        deadlineMs,
        isStopped,
        // A mistake that is caught leaves evidence of nothing.
        ...(isProduct ? { failures: failuresOf(row.name) } : {}),
        print,
        now,
      },
      async (context) => withEvidence(checked(await part.prove(context), part.load), isProduct, context),
    )
    // More is not learned from a failure that went on.
    if (!kept.outcome.passed) kept.outcome.done = true
    if (kept.outcome.done) delete kept.state
    keep()
  } while (!kept.outcome.done)
  return true
}

const withEvidence = (outcome, isProduct, context) => {
  if (isProduct && !outcome.passed) context.keep('outcome.json', `${JSON.stringify(outcome, null, 2)}\n`)
  return outcome
}

/** A row that says that it is through, and has done less than was asked, has proved less than it says. */
export const checked = (outcome, load) => {
  if (!outcome.done) return outcome
  const short = Object.entries(outcome.reached ?? {}).filter(([name, reached]) => reached < load[name])
  if (short.length === 0) return outcome
  const violations = short.map(([name, reached]) => ({ what: `${name}: ${load[name]} asked, ${reached} reached` }))
  return { ...outcome, passed: false, violations: [...outcome.violations, ...violations] }
}

/** How many violations a result keeps; all are counted. */
const VIOLATIONS_KEPT = 20

const resultOf = (row, run) => {
  const outcome = run.parts[PRODUCT].outcome
  const mistakes = row.mistakes.map(({ name }) => {
    const { passed, violations } = run.parts[`mistake: ${name}`].outcome
    return { name, caught: !passed, by: violations[0]?.what ?? null }
  })
  return {
    row: row.name,
    title: row.title,
    promises: row.promises,
    passed: outcome.passed && mistakes.every(({ caught }) => caught),
    sources: run.sources,
    seeds: outcome.seeds ?? [run.seed],
    startedAt: run.startedAt,
    endedAt: new Date().toISOString(),
    minutes: Math.round(run.spentMs / 6_000) / 10,
    load: run.load,
    reached: outcome.reached ?? run.load,
    figures: outcome.figures,
    notes: outcome.notes ?? [],
    violations: outcome.violations.slice(0, VIOLATIONS_KEPT),
    violationsFound: outcome.violations.length,
    mistakes,
  }
}

/**
 * Runs a row, or one of its mistakes, once at quick size, without a trace but of a failure: what the tests do.
 *
 * @param {import('./rows.mjs').Row} row
 * @param {{ mistake?: import('./rows.mjs').Mistake, seed: number, failures?: string, print?: (line: string) => void }} options
 * @returns {Promise<import('./rows.mjs').Outcome>}
 */
export const runQuickly = async (row, { mistake, seed, failures, print }) => {
  const load = mistake ? mistakeLoad(row, mistake) : row.loads.quick
  const prove = (context) => (mistake ?? row).prove(context)
  return withContext(
    { name: row.name, load, seed, ...(failures ? { failures } : {}), ...(print ? { print } : {}) },
    async (context) =>
      withEvidence(checked(await prove(context), load), mistake === undefined && failures !== undefined, context),
  )
}
