import { resolveSettings } from '@holdfast/engine'
import { findDatabase } from '@holdfast/engine/app'
import { backup, type BackupReport } from '@holdfast/store/sqlite'
import { statSync } from 'node:fs'
import { EXIT } from '../failure.js'
import { megabytes, rowsOf } from '../copies.js'
import { table, type Terminal } from '../terminal.js'
import type { Surroundings } from './surroundings.js'

export interface BackupCommand {
  readonly json?: boolean
  readonly within?: string
}

/**
 * Makes a backup of the database that a worker would open, which may be in use.
 *
 * @throws what `backup` of the store refuses: `backup.*`, `store.*`.
 */
export const makeBackup = async (
  terminal: Terminal,
  to: string,
  options: BackupCommand,
  { env, cwd, signal }: Surroundings,
): Promise<number> => {
  const path = await findDatabase(resolveSettings(env, cwd))
  const report = await backup({
    path,
    to,
    signal,
    ...(options.within === undefined ? {} : { within: options.within }),
    ...(terminal.isTty && !options.json ? { onProgress: progressOf(terminal, path) } : {}),
  })
  if (terminal.isTty && !options.json) terminal.write('\r\x1b[K')
  if (options.json) terminal.line(JSON.stringify(report, null, 2))
  else for (const line of told(report)) terminal.line(line)
  return EXIT.ok
}

/** A copy is about as large as its original, or smaller. */
const progressOf = (terminal: Terminal, path: string) => (bytes: number) => {
  const whole = statSync(path, { throwIfNoEntry: false })?.size ?? bytes
  terminal.write(`\r${megabytes(bytes)} of about ${megabytes(whole)}\x1b[K`)
}

const told = (report: BackupReport): readonly string[] =>
  table([
    ['backup', `${report.path} (${megabytes(report.bytes)})`],
    ['store', report.storeId],
    ['durability', report.durability],
    ['rows', rowsOf(report)],
    ['proved', 'pages, references, schema, journals, tokens'],
  ])
