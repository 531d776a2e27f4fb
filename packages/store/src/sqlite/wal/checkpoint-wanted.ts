import { randomInt } from 'node:crypto'
import { closeSync, openSync, rmSync, statSync, utimesSync } from 'node:fs'

/**
 * The signal, across processes, that a WAL checkpoint waits for readers to let go: the file `<db>-ckpt`, while it is
 * fresh. It carries no data, and one left behind by a killed process goes stale by itself.
 */
export const signalPathOf = (databasePath: string): string => `${databasePath}-ckpt`

/** Whoever wants a checkpoint says so again at least twice as often as this. Older, and he is gone. */
const FRESH_MS = 200

/** The longest that one read waits for a checkpoint: a reader is slowed, never stopped. */
export const LONGEST_PAUSE_MS = 100

/** One `stat`, about 2 µs. */
export const isCheckpointWanted = (databasePath: string): boolean => {
  const touchedAtMs = statSync(signalPathOf(databasePath), { throwIfNoEntry: false })?.mtimeMs
  return touchedAtMs !== undefined && Math.abs(Date.now() - touchedAtMs) < FRESH_MS
}

/**
 * One process's turn to run the checkpoint, and its word to readers to pause meanwhile.
 *
 * It keeps two processes from doing the same work, and from stretching each other's pause. It is no lock: two may come to
 * have it when a stale one is taken over, and then find, under the write lock, that the other has done it.
 *
 * The file stays empty, so that it can be made on a full disk, where a checkpoint may be what helps. `mtime` says that
 * the turn still lasts; `atime`, which nobody reads by, names whose it is.
 */
export class CheckpointTurn {
  readonly #path: string
  readonly #nameSeconds = randomInt(2 ** 31)

  private constructor(databasePath: string) {
    this.#path = signalPathOf(databasePath)
  }

  /** Undefined while another process has it. */
  static take(databasePath: string): CheckpointTurn | undefined {
    const turn = new CheckpointTurn(databasePath)
    if (!turn.#create()) {
      if (isCheckpointWanted(databasePath)) return undefined
      rmSync(turn.#path, { force: true })
      if (!turn.#create()) return undefined
    }
    turn.#touch()
    return turn
  }

  /** Still at it: readers go on pausing, and others go on leaving it to this one. */
  renew(): void {
    if (this.#isOurs()) this.#touch()
  }

  /** Readers go on. */
  end(): void {
    if (this.#isOurs()) rmSync(this.#path, { force: true })
  }

  /** @returns false when it is there already. */
  #create(): boolean {
    try {
      closeSync(openSync(this.#path, 'wx', 0o600))
      return true
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
      throw error
    }
  }

  #touch(): void {
    utimesSync(this.#path, this.#nameSeconds, Date.now() / 1_000)
  }

  /** Not once another process has taken it for stale. */
  #isOurs(): boolean {
    return statSync(this.#path, { throwIfNoEntry: false })?.atimeMs === this.#nameSeconds * 1_000
  }
}
