import { rmSync, statSync, writeFileSync } from 'node:fs'

/**
 * The signal, across processes, that a WAL checkpoint waits for readers to let go: the file `<db>-ckpt`, while it is
 * fresh. It carries no data, and one left behind by a killed process goes stale by itself.
 */
export const signalPathOf = (databasePath: string): string => `${databasePath}-ckpt`

/** A checkpoint round takes some tens of milliseconds; older than this, whoever wanted it is gone. */
const FRESH_MS = 500

/** The longest that one read waits for a checkpoint: a reader is slowed, never stopped. */
export const LONGEST_PAUSE_MS = 50

export const wantCheckpoint = (databasePath: string): void => writeFileSync(signalPathOf(databasePath), '')

export const stopWantingCheckpoint = (databasePath: string): void => rmSync(signalPathOf(databasePath), { force: true })

/** One `stat`, about 2 µs. */
export const isCheckpointWanted = (databasePath: string): boolean => {
  const touchedAtMs = statSync(signalPathOf(databasePath), { throwIfNoEntry: false })?.mtimeMs
  return touchedAtMs !== undefined && Math.abs(Date.now() - touchedAtMs) < FRESH_MS
}
