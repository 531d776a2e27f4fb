import { verifyBackup, type VerifyReport } from '@holdfast/store/sqlite'
import { megabytes, rowsOf } from '../copies.js'
import { EXIT } from '../failure.js'
import { printable, table, type Terminal } from '../terminal.js'
import type { Surroundings } from './surroundings.js'

export interface VerifyCommand {
  readonly json?: boolean
  readonly within?: string
  readonly temp?: string
}

/**
 * Restores a backup into a temporary place, and says whether what came of it is sound.
 *
 * @returns The exit code: 1 when it isn't.
 * @throws what `verifyBackup` of the store refuses: a file that is none, or that can't be read at all.
 */
export const verify = async (
  terminal: Terminal,
  file: string,
  options: VerifyCommand,
  { signal }: Pick<Surroundings, 'signal'>,
): Promise<number> => {
  const report = await verifyBackup({
    from: file,
    signal,
    ...(options.within === undefined ? {} : { within: options.within }),
    ...(options.temp === undefined ? {} : { workFolder: options.temp }),
  })
  if (options.json) terminal.line(JSON.stringify(report, null, 2))
  else for (const line of told(report)) terminal.line(line)
  return report.isSound ? EXIT.ok : EXIT.failed
}

function* told(report: VerifyReport): Generator<string> {
  yield* table([
    ['backup', `${report.path} (${megabytes(report.bytes)})`],
    ['store', report.storeId],
    ['rows', rowsOf(report)],
    ['sound', report.isSound ? 'yes: it was restored, and everything holds' : 'NO'],
  ])
  for (const { code, message } of report.findings) yield `problem  ${code}: ${printable(message)}`
}
