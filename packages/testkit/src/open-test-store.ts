import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Store, SubmitTask } from '@holdfast/store'
import { openStore, type OpenStoreOptions } from '@holdfast/store/sqlite'
import { fakeClock, type FakeClock } from './fake-clock.js'

/** An empty store of a test's own, on a clock that the test moves. */
export interface TestStore {
  readonly store: Store
  readonly clock: FakeClock
  /** Where its file is; `:memory:` when it has none. */
  readonly path: string
  /** Submits a task of one item and gives its id. Type `test` and queue `test` unless told otherwise. */
  enqueue(task?: Partial<SubmitTask>): Promise<string>
  /** Opens a second store on the same database, closed with the first. Absent where a database has only one. */
  readonly openAnother?: () => Promise<Store>
  /** Closes the store and removes its folder. */
  close(): Promise<void>
}

export type OpenTestStore = () => Promise<TestStore>

export interface TestStoreOptions extends Pick<OpenStoreOptions, 'writer' | 'driver' | 'durability' | 'modules'> {
  /** `file` (the default): in a temporary folder of its own. */
  readonly path?: 'file' | ':memory:'
  readonly clock?: FakeClock
}

/**
 * Opens a real store for one test: nothing is faked but time.
 *
 * Nothing here outlives a power cut, so files are made at level `none` unless a test is about durability.
 */
export const openTestStore = async (options: TestStoreOptions = {}): Promise<TestStore> => {
  const { path: kind = 'file', clock = fakeClock(), ...rest } = options
  const folder = kind === 'file' ? await mkdtemp(join(tmpdir(), 'holdfast-test-')) : undefined
  const path = folder === undefined ? ':memory:' : join(folder, 'store.db')
  const open = (): Promise<Store> => openStore({ path, clock, durability: 'none', ...rest })
  const store = await open()
  const others: Store[] = []
  const openAnother = async (): Promise<Store> => {
    const other = await open()
    others.push(other)
    return other
  }
  return {
    store,
    ...(kind === 'file' ? { openAnother } : {}),
    clock,
    path,
    enqueue: async (task = {}) => {
      const { taskId } = await store.tasks.submit({ type: 'test', input: null, ...task })
      return taskId
    },
    close: async () => {
      for (const other of others) await other.close()
      await store.close()
      if (folder !== undefined) await rm(folder, { recursive: true, force: true })
    },
  }
}
