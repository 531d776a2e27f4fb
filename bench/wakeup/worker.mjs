import { setTimeout as sleep } from 'node:timers/promises'
import { createWorker, defineTask } from '@holdfast/engine'
import { openStore } from '@holdfast/store/sqlite'
import { inChild } from '../support/in-child.mjs'
import { QUEUE } from '../support/work.mjs'

/** The clock that all processes of a machine share. */
const nowMs = () => Number(process.hrtime.bigint()) / 1e6

/** A worker with its defaults that has nothing to do: what that costs, and how soon each job begins after its enqueue. */
inChild(async ({ path, idleSeconds }, { tell, heard }) => {
  const store = await openStore({ path })
  const latencies = []
  const wake = defineTask(QUEUE, {}, (_, { sentAtMs }) => {
    latencies.push(nowMs() - sentAtMs)
    return null
  })
  const worker = createWorker({ store, tasks: [wake] })
  await worker.start()
  await sleep(1_000)
  const idleCpu = await cpuShare(idleSeconds)
  tell('ready')
  await heard('stop')
  await worker.stop()
  const about = store.info()
  await store.close()
  return { latencies, idleCpu, about }
})

/** Of one core, all threads of this process together, system time included. */
const cpuShare = async (seconds) => {
  const before = process.cpuUsage()
  const start = performance.now()
  await sleep(seconds * 1_000)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1_000 / (performance.now() - start)
}
