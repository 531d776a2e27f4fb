import { execFile } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

const MODEL = join(import.meta.dirname, 'lease.pml')
const run = promisify(execFile)

/** Deeper than any run of the model, which ends with its last claim. */
const DEPTH = 300_000

/**
 * Has Spin visit every state of the model.
 *
 * @param {object} options
 * @param {string} options.folder For what is compiled, and for the trail of an error.
 * @param {string} options.variant The macro that takes a guard away; one that the model doesn't know takes none.
 * @param {number} options.claims How often the item is claimed at most, over its lives.
 * @returns {Promise<{ errors: number, states: number, assertion: string | undefined, unreached: number, trail: string }>}
 * How many errors it found (it stops at the first), in how many states, which assertion did not hold, how many
 * statements of the model never ran, and the steps that lead to the error.
 */
export const checkModel = async ({ folder, variant, claims }) => {
  const cwd = join(folder, `${variant}-${claims}`)
  mkdirSync(cwd, { recursive: true })
  const model = [`-D${variant}`, `-DCLAIMS=${claims}`]
  await run('spin', [...model, '-a', MODEL], { cwd })
  await run('cc', ['-O2', '-w', '-DSAFETY', '-DCOLLAPSE', '-o', 'pan', 'pan.c'], { cwd })
  const { stdout } = await run(join(cwd, 'pan'), [`-m${DEPTH}`, '-w26'], { cwd, maxBuffer: 64 * 1024 * 1024 })
  const errors = numberIn(stdout, /errors: (\d+)/)
  return {
    errors,
    states: numberIn(stdout, /(\d+) states, stored/),
    assertion: /assertion violated \(?(.+?)\)? \(at depth/.exec(stdout)?.[1],
    unreached: unreachedIn(stdout),
    trail: errors > 0 ? (await run('spin', [...model, '-k', 'lease.pml.trail', '-p', MODEL], { cwd })).stdout : '',
  }
}

const numberIn = (text, pattern) => {
  const found = pattern.exec(text)
  if (!found) throw new Error(`Spin said nothing like ${pattern}:\n${text.slice(-2_000)}`)
  return Number(found[1])
}

/** Statements that no run came to, but for the ends of processes that never end. */
const unreachedIn = (text) => (text.match(/^\t\S+:\d+, state \d+, (?!"-end-")/gm) ?? []).length
