import type { Connection } from '../connection.js'
import { chooseDriver } from '../driver/choose.js'
import { countLocks } from '../last-stop.js'
import { probeProcess } from '../liveness/lock-probe.js'
import type { Finding } from './finding.js'
import type { Look } from './look.js'

/** Sweepers see a death within a second; by now one of them would have. */
const UNSWEPT_MS = 10_000
/** A process that lives says so every ten seconds. */
const SILENT_MS = 60_000
/** Rows that are looked at, the longest silent first. */
const MOST = 200

/** Processes that the file calls alive, asked at their locks: see `liveness/process-lock.ts`. */
export function* deadProcesses({ connection, nowMs }: Look): Iterable<Finding> {
  const { open } = chooseDriver(connection.driver)
  const quiet = connection
    .prepare(
      `SELECT id, kind, host, pid, heartbeat_at_ms AS "heardAtMs" FROM processes
       WHERE state = 'alive' AND heartbeat_at_ms < ? ORDER BY heartbeat_at_ms LIMIT ?`,
    )
    .all(nowMs - UNSWEPT_MS, MOST)
    .map((row) => ({
      name: `${row.kind} ${row.pid} on ${row.host}`,
      heardAtMs: Number(row.heardAtMs),
      lives: probeProcess(connection.path, String(row.id), open) === 'alive',
    }))

  const dead = quiet.filter(({ lives }) => !lives)
  if (dead.length > 0)
    yield {
      code: 'process.dead',
      severity: 'problem',
      message: `${dead.length} processes have died and nobody has taken back what they held: ${named(dead)}`,
      fix: 'start the API or a worker: both take back the leases of the dead at once',
    }

  const silent = quiet.filter(({ lives, heardAtMs }) => lives && heardAtMs < nowMs - SILENT_MS)
  if (silent.length > 0)
    yield {
      code: 'process.silent',
      severity: 'notice',
      message: `${silent.length} processes live and have said nothing for a minute or more: ${named(silent)}`,
      fix: 'they are stopped, or the disk is full, or the clock was set forward: kill -CONT <pid>, df, and timedatectl tell',
    }
}

const named = (processes: readonly { readonly name: string }[]): string =>
  processes
    .slice(0, 5)
    .map(({ name }) => name)
    .join(', ')

/** The locks of all processes of a file, asked one by one. */
export const locksOf = ({ path, driver }: Connection): ReturnType<typeof countLocks> =>
  countLocks(path, chooseDriver(driver).open)

/** Nobody lives, and somebody left without a goodbye. While others live, they look after what he left. */
export function* uncleanStop({ connection }: Look): Iterable<Finding> {
  const { living, dead } = locksOf(connection)
  if (living === 0 && dead > 0)
    yield {
      code: 'stop.unclean',
      severity: 'notice',
      message: 'nobody has the file open, and whoever had it last was killed, or the machine stopped',
      fix: 'start the API or a worker: it takes back what was left and checks the file; until then move the file with its -wal',
    }
}
