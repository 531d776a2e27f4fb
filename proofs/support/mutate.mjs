import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { once } from './once.mjs'
import { ROOT } from './sources.mjs'

/**
 * A product that is wrong on purpose, without a switch in the product: a process that is started with these flags loads
 * the named built files with one text of each replaced, in its threads too.
 *
 * Fails at once, here and in that process, unless each text is found exactly once: a change of the product can't turn a
 * mistake into nothing.
 *
 * @param {readonly { file: string, replace: string, by: string }[]} changes `file`: a built one, from the root of the
 * repository (`packages/store/dist/sqlite/migrator.js`).
 * @returns {{ nodeArgs: string[], env: { NODE_OPTIONS: string } }} The flags for one process; or the same for a process
 * and all that it starts. Use one of the two.
 */
export const mutated = (...changes) => {
  for (const { file, replace } of changes) requireBuilt(file, replace)
  const list = changes.map(({ file, replace, by }) => ({ url: pathToFileURL(resolve(ROOT, file)).href, replace, by }))
  const hook = pathToFileURL(join(import.meta.dirname, 'mutate-register.mjs'))
  hook.searchParams.set('changes', Buffer.from(JSON.stringify(list)).toString('base64url'))
  return { nodeArgs: ['--import', hook.href], env: { NODE_OPTIONS: `--import ${hook.href}` } }
}

const requireBuilt = (file, text) => {
  const path = resolve(ROOT, file)
  if (!existsSync(path)) throw new Error(`${file} is not there: build first`)
  once(readFileSync(path, 'utf8'), text, file)
}
