import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { CACHE } from '../support/cache.mjs'
import { Skipped } from '../support/skipped.mjs'

/** The C compiler, which a row that needs one can do without: it is then skipped, and says so. */
const COMPILER = process.env.CC ?? 'cc'

export const hasCompiler = () => spawnSync(COMPILER, ['--version'], { stdio: 'ignore' }).status === 0

/**
 * Compiles `sources` once, and again when one of them or a flag has changed.
 *
 * @returns Where the result lies.
 * @throws {Skipped} when there is no C compiler.
 */
export const compile = (name, { sources, flags = [], libraries = [] }) => {
  const output = outputOf(name, { sources, flags, libraries })
  if (existsSync(output)) return output
  if (!hasCompiler()) throw new Skipped(`no C compiler (${COMPILER}): install one, or name yours in CC`)
  mkdirSync(CACHE, { recursive: true })
  const draft = `${output}.${process.pid}`
  const { status, stderr } = spawnSync(COMPILER, ['-O2', ...flags, '-o', draft, ...sources, ...libraries], {
    encoding: 'utf8',
  })
  if (status !== 0) {
    rmSync(draft, { force: true })
    throw new Error(`${COMPILER} could not compile ${name}:\n${stderr}`)
  }
  // Two rows may compile at once; each makes its own, and the last one stays.
  renameSync(draft, output)
  return output
}

/** Named after all that it is made from. */
const outputOf = (name, { sources, flags, libraries }) => {
  const hash = createHash('sha256').update(JSON.stringify([flags, libraries, COMPILER]))
  for (const source of sources) hash.update(readFileSync(source))
  return join(CACHE, `${name}-${hash.digest('hex').slice(0, 12)}`)
}
