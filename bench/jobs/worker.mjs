import { createWorker, defineTask } from '@holdfast/engine'
import { openStore } from '@holdfast/store/sqlite'
import { inChild } from '../support/in-child.mjs'
import { QUEUE } from '../support/work.mjs'

/** One worker process that runs jobs which do nothing, from `go` to `stop`. */
inChild(async ({ path, concurrency, options = {} }, { tell, heard }) => {
  const store = await openStore({ path })
  const worker = createWorker({ store, tasks: [defineTask(QUEUE, {}, () => null)], concurrency, ...options })
  tell('ready')
  await heard('go')
  await worker.start()
  await heard('stop')
  const { completed, errors } = worker.metrics()
  await worker.stop()
  const about = store.info()
  const { meanGroupSize } = store.metrics()
  await store.close()
  return { completed, errors, meanGroupSize, about }
})
