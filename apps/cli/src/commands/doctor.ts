import { resolveSettings } from '@holdfast/engine'
import { findDatabase } from '@holdfast/engine/app'
import { StoreError } from '@holdfast/store'
import { examine, type Examination } from '@holdfast/store/sqlite'
import { CliError } from '../failure.js'
import { printable, table, type Terminal } from '../terminal.js'

/** What doctor ends with: 0 no problem, 1 problems, 2 it couldn't look. Notices change nothing. */
const EXIT = { ok: 0, problems: 1, notLooked: 2 } as const

/**
 * Looks at the database file and says what it found, with what to do about it. It is the file that a worker would open:
 * the environment's, else the config's, else the data folder's.
 *
 * @returns The exit code: 0, or 1 when there is a problem; with `json` also 2, when the file couldn't be looked at.
 * @throws {CliError} whatever kept it from looking, with exit code 2.
 */
export const doctor = async (
  terminal: Terminal,
  env: NodeJS.ProcessEnv,
  cwd: string,
  options: { readonly json?: boolean; readonly full?: boolean },
): Promise<number> => {
  try {
    const path = await findDatabase(resolveSettings(env, cwd))
    const found = examine({ path, full: options.full ?? false })
    if (options.json) terminal.line(JSON.stringify(found, null, 2))
    else for (const line of report(found)) terminal.line(line)
    return found.findings.some(({ severity }) => severity === 'problem') ? EXIT.problems : EXIT.ok
  } catch (error) {
    if (!(error instanceof StoreError)) throw error
    const { code, message, details } = error
    if (options.json) terminal.line(JSON.stringify({ error: { code, message, details } }, null, 2))
    else throw new CliError(code, message, { cause: error, exitCode: EXIT.notLooked })
    return EXIT.notLooked
  }
}

function* report(found: Examination): Generator<string> {
  yield* table([
    ['file', `${found.path} (${megabytes(found.fileBytes)}, write-ahead log ${megabytes(found.walBytes)})`],
    ['engine', `${found.driver}, SQLite ${found.sqliteVersion}`],
    ['disk', `${found.disk.fileSystem}, ${megabytes(found.disk.freeBytes)} free`],
    ['durability', found.durability],
    ['settings', listed(found.settings)],
    ['schema', listed(found.schemaVersions)],
    ['tasks', listed(found.tasks) || 'none'],
    ['items', listed(found.workItems) || 'none'],
    ['processes', `${found.processesAlive} alive`],
  ])
  yield ''
  if (found.findings.length === 0)
    yield found.full ? 'nothing to mend' : 'nothing to mend, as far as a quick look tells'
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
