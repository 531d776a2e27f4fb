import { setTimeout as sleep } from 'node:timers/promises'
import { openDatabase } from '@holdfast/store/sqlite'
import { inChild } from '../support/in-child.mjs'

/** Between two looks: probes of an index, so they cost the workers nothing. */
const LOOK_MS = 5
/** Workers have begun by then, on the slowest machine. */
const MOST_START_MS = 60_000

/**
 * Sees in the database what has ended: not when a worker believes so. It measures from the first look that finds
 * something running until the time is over, or nothing is pending and nothing running any more.
 */
inChild(async ({ path, seconds }, { tell, heard }) => {
  const connection = openDatabase({ path, role: 'reader' })
  const anyOf = (state) => {
    const look = connection.prepare(`select 1 as found from work_items where state = '${state}' limit 1`)
    return () => look.get() !== undefined
  }
  const isPending = anyOf('pending')
  const isRunning = anyOf('running')
  const count = connection.prepare(`select count(*) as n from work_items where state = 'completed'`)
  const completed = () => ({ atMs: performance.now(), jobs: count.get().n })
  tell('ready')
  await heard('go')
  await until(isRunning, MOST_START_MS)
  const start = completed()
  await until(() => !isPending() && !isRunning(), seconds * 1_000)
  const end = completed()
  connection.close()
  const took = (end.atMs - start.atMs) / 1_000
  return { completed: end.jobs - start.jobs, seconds: took, perSecond: (end.jobs - start.jobs) / took }
})

const until = async (isTrue, mostMs) => {
  const deadline = performance.now() + mostMs
  while (!isTrue() && performance.now() < deadline) await sleep(LOOK_MS)
}
