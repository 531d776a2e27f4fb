import type { Store } from '@holdfast/store'
import { openDatabase } from '@holdfast/store/sqlite'
import { openTestStore, type OpenTestStore, type TestStore, type TestStoreOptions } from './open-test-store.js'

/** One store for many tests, empty at the start of each. */
export interface SharedTestStore {
  /** The store, emptied. Closing what it gives closes nothing. */
  readonly open: OpenTestStore
  /** Closes the store and removes its folder. */
  close(): Promise<void>
}

/** Rows go as retention takes them: under permits, in one transaction. */
const EMPTY = `
  INSERT INTO retention_permits (kind, row_seq) SELECT 'idempotency_key', seq FROM idempotency_keys;
  DELETE FROM idempotency_keys;
  INSERT INTO retention_permits (kind, row_seq) SELECT 'task', seq FROM tasks;
  DELETE FROM tasks;
  DELETE FROM processes;
  DELETE FROM store_properties WHERE name = 'fencing_floor';
  DELETE FROM retention_permits;`

/**
 * A store that is opened once and emptied before each test. Starting the threads of a store takes a tenth of a second,
 * nearly all of it for loading modules: too long for hundreds of tests.
 */
export const sharedTestStore = (options: Omit<TestStoreOptions, 'path'> = {}): SharedTestStore => {
  let shared: Promise<TestStore> | undefined
  let another: Promise<Store> | undefined
  return {
    open: async () => {
      shared ??= openTestStore(options)
      const test = await shared
      const { driver } = options
      const connection = openDatabase({ path: test.path, role: 'writer', ...(driver ? { driver } : {}) })
      try {
        // Waits for the write lock: the store may still be copying its WAL back.
        connection.db.transaction(() => connection.exec(EMPTY))
      } finally {
        connection.close()
      }
      const openAnother = (): Promise<Store> => (another ??= anotherOf(test))
      return { ...test, openAnother, close: async () => {} }
    },
    close: async () => {
      await (await shared)?.close()
    },
  }
}

const anotherOf = ({ openAnother }: TestStore): Promise<Store> => {
  if (!openAnother) throw new Error('a shared store is on a file, which others can open as well')
  return openAnother()
}
