import { createSweeper } from '@holdfast/engine'
import { eventually, openFileStore } from './open-file-store.js'

/** A file that worker processes share, and this process's own view of it. */
export const sharedFile = async () => {
  const { store, path } = await openFileStore()
  const sweeper = createSweeper({ store })
  const submit = async (type: string, input: unknown = null) =>
    (await store.tasks.submit({ type, input, maxAttempts: 3 })).taskId
  const item = (id: string) => store.workItems.require(id)
  const ended = (id: string) => eventually(async () => (await store.tasks.require(id)).state !== 'active')
  return { store, path, sweeper, submit, item, ended }
}
