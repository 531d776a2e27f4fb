import { restore, type RestoreReport } from '@holdfast/store/sqlite'
import { megabytes, rowsOf } from '../copies.js'
import { EXIT } from '../failure.js'
import { table, type Terminal } from '../terminal.js'
import type { Surroundings } from './surroundings.js'

export interface RestoreCommand {
  readonly to: string
  readonly json?: boolean
  readonly within?: string
}

/**
 * Puts a backup in the place of a database that nobody uses, or where there is none.
 *
 * @throws what `restore` of the store refuses: `restore.in_use`, `backup.*`, `store.*`. Nothing was replaced then.
 */
export const restoreBackup = async (
  terminal: Terminal,
  file: string,
  options: RestoreCommand,
  { signal }: Pick<Surroundings, 'signal'>,
): Promise<number> => {
  const report = await restore({
    from: file,
    to: options.to,
    signal,
    ...(options.within === undefined ? {} : { within: options.within }),
  })
  if (options.json) terminal.line(JSON.stringify(report, null, 2))
  else for (const line of told(report)) terminal.line(line)
  return EXIT.ok
}

const told = ({ revoked, ...report }: RestoreReport): readonly string[] =>
  table([
    ['database', `${report.path} (${megabytes(report.bytes)})`],
    ['kept', report.kept ?? 'nothing: there was no database'],
    ['rows', rowsOf(report)],
    ['revoked', `${revoked.leases} leases, ${revoked.keys} keys, ${revoked.processes} processes`],
    ['tokens', `go on above ${revoked.token}`],
  ])
