import { openStore } from '@holdfast/store/sqlite'
import { recordStatements } from './record.mjs'

const START_MS = 1_800_000_000_123
/** Recorded operations are this far apart, so that no two times are equal. */
const STEP_MS = 7_919

/**
 * Opens a store that notes what it sends to SQLite, on a file of its own, with a clock that stands still and ids that
 * can be told apart. Its writer is inline: the connection is then in this process, with one transaction per tick.
 */
export const openRecordedStore = async (path) => {
  const log = recordStatements()
  let nowMs = START_MS
  let issued = []
  let count = 0
  const ids = () => {
    count += 1
    const id = `019aaaaa-0000-7000-8000-${String(count).padStart(12, '0')}`
    issued.push(id)
    return id
  }
  const clock = { nowMs: () => nowMs, monotonicMs: () => nowMs }
  const store = await openStore({ path, driver: 'libsql', writer: 'inline', durability: 'process', ids, clock })

  /** Runs `operation` and notes its statements, at a time of its own. */
  const record = async (operation) => {
    nowMs += STEP_MS
    issued = []
    log.start()
    const value = await operation()
    return { value, log: log.stop(), nowMs, fresh: issued }
  }
  return { store, record }
}
