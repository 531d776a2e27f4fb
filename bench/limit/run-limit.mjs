import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { DEFAULT_LIMITS } from '@holdfast/store/sqlite'
import { compile } from '../native/compile.mjs'
import { sqliteLibrary } from '../native/sqlite-source.mjs'
import { runChild } from '../support/children.mjs'
import { inFolder, LEVELS } from '../support/levels.mjs'

const SOURCE = join(import.meta.dirname, '../native/limit.c')

/**
 * The C limit of one plan: compiled where that is needed, with the store's own statements as they are today.
 *
 * @throws {Skipped} without a C compiler.
 */
export const prepareLimit = async (plan, { quick }) => {
  const { flags, objects, libraries } = sqliteLibrary({ quick })
  const program = compile('limit', { sources: [SOURCE, ...objects], flags: ['-Wall', ...flags], libraries })
  const text = await inFolder(LEVELS.process, (folder) => runChild('limit/record-plan.mjs', { folder, plan }))
  return { program, text, quick }
}

/**
 * Runs the limit on a file that the store has made, and that nobody has open.
 *
 * @param lanes Operations in one transaction.
 * @param settings What the store's writing connection reports; see `StoreInfo`.
 * @param without Statements that take something away from the file first: see `ablations.mjs`.
 */
export const runLimit = async (limit, { path, lanes, seconds, settings, level, without = [] }) => {
  const plan = `${path}.plan`
  const pragmas = Object.entries(settings).map(([name, value]) => `PRAGMA ${name} = ${value}`)
  const setup = [...pragmas, ...without].map((sql) => `setup\t${sql.replace(/\s+/g, ' ')}\n`)
  writeFileSync(plan, setup.join('') + limit.text)
  const args = [path, plan, lanes, seconds, DEFAULT_LIMITS.walCheckpointBytes].map(String)
  const { stdout } = await promisify(execFile)(limit.program, args, { env: { ...process.env, ...level.env() } })
  const { operations, ...rest } = JSON.parse(stdout)
  return { ...rest, operations, perSecond: operations / rest.seconds }
}
