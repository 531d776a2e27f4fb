import { resolveSettings } from '@holdfast/engine'
import { findDatabase } from '@holdfast/engine/app'
import { examine, type Examination } from '@holdfast/store/sqlite'
import { EXIT } from '../failure.js'
import { printable, table, type Terminal } from '../terminal.js'

/**
 * Looks at the database file and says what it found, with what to do about it. It is the file that a worker would open:
 * the environment's, else the config's, else the data folder's.
 *
 * @returns The exit code: 1 when there is a problem.
 */
export const doctor = async (
  terminal: Terminal,
  env: NodeJS.ProcessEnv,
  cwd: string,
  options: { readonly json?: boolean; readonly full?: boolean },
): Promise<number> => {
  const path = await findDatabase(resolveSettings(env, cwd))
  const found = examine({ path, nowMs: Date.now(), full: options.full ?? false })
  if (options.json) terminal.line(JSON.stringify(found, null, 2))
  else for (const line of report(found)) terminal.line(line)
  return found.findings.some(({ severity }) => severity === 'problem') ? EXIT.failed : EXIT.ok
}

function* report(found: Examination): Generator<string> {
  yield* table([
    ['file', `${found.path} (${megabytes(found.fileBytes)}, write-ahead log ${megabytes(found.walBytes)})`],
    ['engine', `${found.driver}, SQLite ${found.sqliteVersion}`],
    ['durability', found.durability],
    ['settings', listed(found.settings)],
    ['schema', listed(found.schemaVersions)],
    ['tasks', listed(found.tasks) || 'none'],
    ['items', listed(found.workItems) || 'none'],
    ['processes', `${found.processesAlive} alive`],
  ])
  yield ''
  if (found.findings.length === 0) yield 'nothing to mend'
  for (const { severity, code, message, fix } of found.findings) {
    yield `${severity}  ${code}: ${printable(message)}`
    yield `         ${fix}`
  }
}

const listed = (facts: Readonly<Record<string, unknown>>): string =>
  Object.entries(facts)
    .map(([name, value]) => `${name} ${String(value)}`)
    .join(', ')

const megabytes = (bytes: number): string => `${(bytes / 1_048_576).toFixed(1)} MB`
