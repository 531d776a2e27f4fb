import { spawn } from 'node:child_process'
import { mkdirSync, realpathSync, rmSync } from 'node:fs'
import { join } from 'node:path'

const PROGRAM = join(import.meta.dirname, 'program.mjs')
const MOST_VIOLATIONS = 20
const NOTHING_YET = { cases: 0, done: 0, refusals: {}, operations: {} }

/**
 * Tries hostile paths, each run of them on ground of its own, until the load is reached.
 *
 * @param {{ nodeArgs?: readonly string[] }} [product] Flags of a product that is wrong on purpose.
 */
export const prove =
  ({ nodeArgs = () => [] } = {}) =>
  async (context) => {
    const { load } = context
    let figures = context.state ?? NOTHING_YET
    while (figures.cases < load.cases && !context.isOver()) {
      const seed = context.seed * 1_000 + figures.cases
      const tree = join(realpathSync(context.folder), `tree-${figures.cases}`)
      mkdirSync(tree)
      const cases = Math.min(load.casesPerRun, load.cases - figures.cases)
      const run = await ran([...nodeArgs(), PROGRAM, tree, String(seed), String(cases)])
      figures = summed(figures, run)
      if (run.violations.length > 0) {
        const violations = run.violations.slice(0, MOST_VIOLATIONS).map((violation) => ({ ...violation, seed }))
        return { done: true, passed: false, figures, violations }
      }
      rmSync(tree, { recursive: true, force: true })
      await context.save(figures)
      context.progress(figures.cases, load.cases, 'paths')
    }
    const done = figures.cases >= load.cases
    return { done, passed: true, figures, violations: [], ...(done ? { reached: { cases: figures.cases } } : {}) }
  }

const summed = (figures, run) => ({
  cases: figures.cases + run.tried,
  done: figures.done + run.done,
  refusals: added(figures.refusals, run.refusals),
  operations: added(figures.operations, run.sayings),
})

const added = (sums, more) =>
  Object.fromEntries(
    [...new Set([...Object.keys(sums), ...Object.keys(more)])]
      .sort()
      .map((key) => [key, (sums[key] ?? 0) + (more[key] ?? 0)]),
  )

/** In a process of its own, which may be one of a product that is wrong. Its input is closed: /dev/stdin gives nothing. */
const ran = (args) =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    let [output, errors] = ['', '']
    child.stdout.setEncoding('utf8').on('data', (text) => (output += text))
    child.stderr.setEncoding('utf8').on('data', (text) => (errors += text))
    child.on('error', reject)
    child.on('close', (code) => {
      if (code === 0) resolve(JSON.parse(output))
      else reject(new Error(`the process that tries paths ended with ${code}: ${errors.slice(-2_000)}`))
    })
  })
