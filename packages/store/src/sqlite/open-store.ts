import { repositories } from '../repositories/index.js'
import type { Store } from '../store.js'
import { openEngine } from './open-engine.js'
import type { OpenStoreOptions } from './open-store-options.js'

/**
 * Opens a store on one SQLite file: makes and migrates it where that is needed, takes this process's death lock, and
 * starts the writer. Several stores may be open on one file, in one process and in many.
 *
 * @throws {OperationUnknownError} `store.operation_unknown`: a thread doesn't find the caller's modules.
 * @throws whatever `openDatabase` and the migrator refuse; then nothing is left open.
 * @example
 * const store = await openStore({ path: '.holdfast/holdfast.db' })
 * await store.tasks.submit({ type: 'greet', input: { name: 'Ada' } })
 */
export const openStore = async (options: OpenStoreOptions): Promise<Store> => {
  const engine = await openEngine(options)
  const { processId } = engine.info()
  return Object.assign(engine, repositories(engine, { ...options, processId }))
}
