// One of the processes that race: opens a store at the moment that it is told, writes to it, and says how it went.
import { StoreError } from '@holdfast/store'
import { openStore } from '@holdfast/store/sqlite'

const startAt = async ({ path, migrations, atMs }) => {
  // Turning in a circle is more punctual than any timer.
  while (Date.now() < atMs);
  process.send(await started(path, migrations))
}
process.on('message', (request) => void startAt(request))
// Nobody is left to race for.
process.on('disconnect', () => process.exit())

async function started(path, migrations) {
  const startedAt = performance.now()
  try {
    const store = await openStore({ path, migrations })
    const tookMs = performance.now() - startedAt
    try {
      const { taskId } = await store.tasks.submit({ type: 'start', input: { pid: process.pid } })
      return { taskId, tookMs }
    } finally {
      await store.close()
    }
  } catch (error) {
    return {
      refused: { code: error instanceof StoreError ? error.code : null, message: String(error?.message ?? error) },
    }
  }
}
