import { knownDefects } from '@holdfast/store/sqlite'
import type { EngineStore } from '../engine-store.js'

/** Processes named in the start-up line at most. */
const PROCESSES_SHOWN = 20

/** What one needs to know about a process that has just started, for one structured log line. Holds no secret. */
export interface StartSummary {
  readonly version: string
  readonly node: string
  readonly pid: number
  readonly processId: string
  readonly store: {
    readonly engine: string
    readonly driver: string
    /** Of the database library or server. */
    readonly version: string
    /** Codes of what is known to be wrong with that version; `holdfast doctor` explains each. Mostly none. */
    readonly known: readonly string[]
    /** The file's path, or the URL without its password. */
    readonly location: string
    readonly durability: string
    /** The settings in force, as the database reads them back. */
    readonly settings: Readonly<Record<string, string | number>>
    /** Other than `not_needed` after a stop that was not clean: what the quick check has found by now. */
    readonly fileCheck: string
  }
  /** Those that live on this store, this one among them. */
  readonly processes: readonly { readonly kind: string; readonly pid: number; readonly host: string }[]
}

/** @param version Of the program that runs. */
export const startSummary = async (store: EngineStore, version: string): Promise<StartSummary> => {
  const { engine, driver, engineVersion, location, durability, settings, processId, fileCheck } = store.info()
  const processes = await store.processes.list({ state: 'alive', limit: PROCESSES_SHOWN })
  return {
    version,
    node: process.version,
    pid: process.pid,
    processId,
    store: {
      engine,
      driver,
      version: engineVersion,
      known: knownOf(engine, engineVersion),
      location,
      durability,
      settings,
      fileCheck,
    },
    processes: processes.map(({ kind, pid, host }) => ({ kind, pid, host })),
  }
}

const knownOf = (engine: string, version: string): readonly string[] =>
  engine === 'sqlite' ? knownDefects(version).map(({ code }) => code) : []
