import { statSync } from 'node:fs'
import { type Clock, systemClock } from '../../clock.js'
import type { Connection, SqlValue } from '../connection.js'
import { openDatabase } from '../database.js'
import { toStoreError } from '../database-errors.js'
import { knownDefects } from '../known-defects.js'
import { walPathOf } from '../wal/wal-file.js'
import { jumps, type Moment, rowsFromTheFuture } from './clock-sanity.js'
import { deadProcesses, locksOf, uncleanStop } from './dead-processes.js'
import { type Disk, diskOf, room, wal } from './disk.js'
import { fencing } from './fencing.js'
import type { Finding } from './finding.js'
import { corrupt, foreignKeys, integrity } from './integrity.js'
import { journal } from './journal.js'
import { type Check, counted, type Look } from './look.js'
import { schemaDrift } from './schema-drift.js'
import { sideFiles, sideFilesOf } from './side-files.js'
import { leftPermits, stuckWork } from './stuck-work.js'

/** The state of one database file, at one moment. `docs/doctor.md` has the shape as JSON; members are only ever added. */
export interface Examination {
  readonly path: string
  /** UTC milliseconds. */
  readonly atMs: number
  /** Whether every page and row was looked at. */
  readonly full: boolean
  readonly driver: string
  readonly sqliteVersion: string
  readonly durability: string
  /** PRAGMAs of the connection that looked, as SQLite reads them back. */
  readonly settings: Readonly<Record<string, SqlValue>>
  readonly schemaVersions: Readonly<Record<string, number>>
  readonly disk: Disk
  readonly fileBytes: number
  readonly walBytes: number
  readonly tasks: Readonly<Record<string, number>>
  readonly workItems: Readonly<Record<string, number>>
  /** Processes that hold their lock on this file now. */
  readonly processesAlive: number
  readonly findings: readonly Finding[]
}

export interface ExamineOptions {
  readonly path: string
  readonly clock?: Clock
  /** Reads every page and row and compares every index with its table, instead of the quick way. */
  readonly full?: boolean
}

/**
 * Looks at a database file through a connection that can't write. Call it in a process of its own: it is a person's
 * tool, and its integrity check may take minutes.
 *
 * What is wrong with the file is a finding, not an error: each check stands alone, and one that fails says so.
 *
 * @throws {NotADatabaseError} `store.not_a_database`
 * @throws {StoreMissingError} `store.missing`
 * @throws {UnsupportedStoreError} `store.unsupported`: a network file system, among others.
 */
export const examine = ({ path, clock = systemClock, full = false }: ExamineOptions): Examination => {
  const began = momentOf(clock)
  const connection = openDatabase({ path, role: 'reader' })
  try {
    const look: Look = { connection, nowMs: began.wallMs, full }
    const facts = factsOf(look)
    const findings = CHECKS.flatMap((check) => outcomeOf(check, look))
    findings.push(...room(facts.disk, facts.fileBytes), ...wal(facts.walBytes))
    findings.push(...sideFiles(sideFilesOf(connection.path)), ...durabilityOf(facts), ...defectsOf(facts))
    findings.push(...jumps(began, momentOf(clock)))
    return { ...facts, findings: mostSevereFirst(findings) }
  } catch (error) {
    throw toStoreError(error)
  } finally {
    connection.close()
  }
}

const CHECKS: readonly Check[] = [
  { name: 'the integrity check', look: integrity },
  { name: 'the look at the schema', look: schemaDrift },
  { name: 'the look at foreign keys', look: foreignKeys },
  { name: 'the look at the journal', look: journal },
  { name: 'the look at fencing tokens', look: fencing },
  { name: 'the look at retention permits', look: leftPermits },
  { name: 'the look at stuck work', look: stuckWork },
  { name: 'the look at processes', look: deadProcesses },
  { name: 'the look at the last stop', look: uncleanStop },
  { name: 'the look at times', look: rowsFromTheFuture },
]

/** One check's findings; its failure is one. */
const outcomeOf = ({ name, look }: Check, at: Look): readonly Finding[] => {
  try {
    return [...look(at)]
  } catch (cause) {
    const { code, message } = toStoreError(cause)
    if (code === 'store.corrupt') return [corrupt(message)]
    return [
      {
        code: 'check.failed',
        severity: 'problem',
        message: `${name} could not be done: ${code}: ${message}`,
        fix: 'mend what else is found first and look again; if this stays, keep a copy of the file and report it',
      },
    ]
  }
}

type Facts = Omit<Examination, 'findings'>

const factsOf = ({ connection, nowMs, full }: Look): Facts => ({
  path: connection.path,
  atMs: nowMs,
  full,
  driver: connection.driver,
  sqliteVersion: connection.sqliteVersion,
  durability: connection.durability,
  settings: Object.fromEntries(SETTINGS.map((name) => [name, connection.pragma(name)])),
  schemaVersions: countedIfThere(connection, 'SELECT scope AS name, version AS count FROM schema_versions'),
  disk: diskOf(connection.path),
  fileBytes: statSync(connection.path).size,
  walBytes: statSync(walPathOf(connection.path), { throwIfNoEntry: false })?.size ?? 0,
  tasks: countedIfThere(connection, 'SELECT state AS name, count(*) AS count FROM tasks GROUP BY state'),
  workItems: countedIfThere(connection, 'SELECT state AS name, count(*) AS count FROM work_items GROUP BY state'),
  processesAlive: locksOf(connection).living,
})

const SETTINGS = [
  'journal_mode',
  'synchronous',
  'foreign_keys',
  'recursive_triggers',
  'wal_autocheckpoint',
  'page_size',
]

/** Nothing where the table is gone or damaged: the checks say so, each in its words. */
const countedIfThere = (connection: Connection, sql: string): Readonly<Record<string, number>> => {
  try {
    return counted(connection, sql)
  } catch {
    return {}
  }
}

function* durabilityOf({ durability }: Facts): Iterable<Finding> {
  if (durability !== 'none') return
  yield {
    code: 'durability.none',
    severity: 'problem',
    message: 'the file is at durability level none: a crash of the system may damage it',
    fix: 'none is for tests, and such a file stays so: begin a new one at level power (HOLDFAST_DURABILITY=power)',
  }
}

const defectsOf = ({ sqliteVersion }: Facts): readonly Finding[] =>
  knownDefects(sqliteVersion).map((defect) => ({ severity: 'notice', ...defect }))

/** The same thing found twice is told once. */
const mostSevereFirst = (findings: readonly Finding[]): readonly Finding[] => {
  const told = findings.filter(
    ({ code }, index) => code !== 'store.corrupt' || findings.findIndex((other) => other.code === code) === index,
  )
  return [
    ...told.filter(({ severity }) => severity === 'problem'),
    ...told.filter(({ severity }) => severity === 'notice'),
  ]
}

const momentOf = (clock: Clock): Moment => ({ wallMs: clock.nowMs(), monotonicMs: clock.monotonicMs() })
