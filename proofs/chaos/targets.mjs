import { setTimeout as sleep } from 'node:timers/promises'

const POLL_MS = 20
const WAIT_MS = 20_000

/**
 * The targets, by name. Each has a queue of its own on the one file, and throws where the target is missed.
 *
 * @type {Record<string, (file: import('./shared-file.mjs').SharedFile) => Promise<Record<string, unknown>>>}
 */
export const TARGETS = {
  'kill -9 with checkpoints surviving': async (file) => {
    const [item] = await file.enqueue('doomed')
    const doomed = await file.start()
    const [lease] = await doomed.ask('claim', { queue: 'doomed', limit: 1, leaseMs: 30_000 })
    doomed.tell('checkpointForEver', { lease })
    await doomed.child.line((line) => line.acknowledged === 50)
    await doomed.kill()
    const acknowledged = acknowledgedBy(doomed)
    const survivor = await file.start()
    const last = await survivor.ask('latest', { item })
    assert(last !== null && last.snapshot.n >= acknowledged, `${acknowledged} acknowledged, ${last?.snapshot.n} there`)
    return { acknowledged, there: last.snapshot.n }
  },

  '10 processes × 10 checkpoints': async (file) => {
    await file.enqueue('crowd', 10)
    const crowd = await file.startMany(10)
    const leases = await Promise.all(
      crowd.map(async (process) => (await process.ask('claim', { queue: 'crowd', limit: 1, leaseMs: 30_000 }))[0]),
    )
    assert(new Set(leases.map(({ workItemId }) => workItemId)).size === 10, 'two processes have one item')
    await Promise.all(
      crowd.map(async (process, at) => {
        for (let n = 1; n <= 10; n += 1) await process.ask('checkpoint', { lease: leases[at], snapshot: { n } })
      }),
    )
    for (const { workItemId } of leases) {
      const there = await file.store.checkpoints.list(workItemId, { limit: 50 })
      const numbers = there.map(({ position, snapshot }) => `${position}:${snapshot.n}`).toReversed()
      assert(numbers.join() === '1:1,2:2,3:3,4:4,5:5,6:6,7:7,8:8,9:9,10:10', `${workItemId} has ${numbers.join()}`)
    }
    await Promise.all(crowd.map((process) => file.end(process)))
    return { checkpoints: 100 }
  },

  'a 3 s lease left to expire, swept, taken over': async (file) => {
    const [item] = await file.enqueue('expiring')
    const [sleeper, successor] = await file.startMany(2)
    const [lease] = await sleeper.ask('claim', { queue: 'expiring', limit: 1, leaseMs: 3_000 })
    const claimedAt = performance.now()
    await successor.ask('sweep')
    let taken
    await until(async () => {
      ;[taken] = await successor.ask('claim', { queue: 'expiring', limit: 1, leaseMs: 3_000 })
      return taken !== undefined
    }, 'the lease is taken over')
    const afterMs = Math.round(performance.now() - claimedAt)
    assert(taken.workItemId === item && taken.fencingToken > lease.fencingToken, 'the token did not grow')
    assert(afterMs >= 2_900, `it was taken over after ${afterMs} ms`)
    const late = await sleeper.ask('complete', { lease, result: 'late' }).catch(({ code }) => code)
    assert(late === 'lease.lost', `the late completion was answered ${JSON.stringify(late)}`)
    await successor.ask('complete', { lease: taken, result: 'in time' })
    await Promise.all([sleeper, successor].map((process) => file.end(process)))
    return { takenOverAfterMs: afterMs }
  },

  '100 expired leases recovered in under 5 s': async (file) => {
    const ids = await file.enqueue('hundred', 100)
    const holder = await file.start()
    const leases = await holder.ask('claim', { queue: 'hundred', limit: 100, leaseMs: 300 })
    assert(leases.length === 100, `${leases.length} leases`)
    await sleep(350)
    const sweeping = await file.start()
    const beganAt = performance.now()
    await sweeping.ask('sweep')
    const running = async () => (await Promise.all(ids.map((id) => file.store.workItems.require(id)))).filter(isRunning)
    await until(async () => (await running()).length === 0, 'all are recovered')
    const tookMs = Math.round(performance.now() - beganAt)
    assert(tookMs < 5_000, `it took ${tookMs} ms`)
    await Promise.all([holder, sweeping].map((process) => file.end(process)))
    return { tookMs }
  },

  '1,000 misses and 1,000 hits': (file) => replays(file, { name: 'model', count: 1_000 }),

  '500 executions and 500 replays': (file) => replays(file, { name: 'tool', count: 500 }),

  'a full crash and resume': async (file) => {
    const ids = await file.enqueue('whole', 20)
    const first = await file.startMany(3)
    for (const process of first)
      for (const lease of await process.ask('claim', { queue: 'whole', limit: 7, leaseMs: 30_000 }))
        await process.ask('checkpoint', { lease, snapshot: { halfway: lease.workItemId } })
    await Promise.all(first.map((process) => process.kill()))

    const second = await file.start()
    await second.ask('sweep')
    let resumed = 0
    await until(async () => {
      for (const lease of await second.ask('claim', { queue: 'whole', limit: 20, leaseMs: 30_000 })) {
        const last = await second.ask('latest', { item: lease.workItemId })
        assert(last?.snapshot.halfway === lease.workItemId, `${lease.workItemId} has lost its checkpoint`)
        await second.ask('complete', { lease, result: 'resumed' })
        resumed += 1
      }
      return resumed === ids.length
    }, 'every item is resumed and completed')
    const states = await Promise.all(ids.map(async (id) => (await file.store.tasks.require(id)).state))
    assert(
      states.every((state) => state === 'completed'),
      `states: ${states.join()}`,
    )
    await file.end(second)
    return { resumed }
  },
}

/** Two processes, half of the keys each: the first time every key is executed, the second time none, by the other one. */
const replays = async (file, { name, count }) => {
  const [one, other] = await file.startMany(2)
  const keys = Array.from({ length: count }, (_, at) => `${name} ${at}`)
  const round = (first, second) =>
    Promise.all(keys.map((key, at) => (at % 2 === 0 ? first : second).ask('ask', { key })))
  const misses = await round(one, other)
  const hits = await round(other, one)
  const executed = [misses, hits].map((answers) => answers.filter((each) => each.executed).length)
  assert(executed[0] === count && executed[1] === 0, `executed ${executed[0]} of ${count}, then ${executed[1]}`)
  const same = hits.filter(({ answer }, at) => JSON.stringify(answer) === JSON.stringify(misses[at].answer)).length
  assert(same === count, `${same} of ${count} answers were those of the first time`)
  await Promise.all([one, other].map((process) => file.end(process)))
  return { executed: executed[0], replayed: same }
}

const acknowledgedBy = ({ child }) => Math.max(0, ...child.lines.map((line) => line.acknowledged ?? 0))
const isRunning = ({ state }) => state === 'running'

const assert = (holds, what) => {
  if (!holds) throw new Error(what)
}

const until = async (holds, what) => {
  const deadline = performance.now() + WAIT_MS
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`waited ${WAIT_MS} ms in vain: ${what}`)
    await sleep(POLL_MS)
  }
}
