import { describe, expect, it } from 'vitest'
import { createRetention, type RetentionOptions, type RetentionPass } from '../src/index.js'
import { engineKit } from './engine-kit.js'

const DAY_MS = 86_400_000

const retentionKit = async (options: Partial<RetentionOptions> = {}) => {
  const { store, time } = await engineKit()
  const passes: RetentionPass[] = []
  const errors: unknown[] = []
  const retention = createRetention({
    store,
    clock: time,
    timers: time,
    random: () => 0.5,
    onPass: (pass) => passes.push(pass),
    onError: (error) => errors.push(error),
    ...options,
  })
  /** Tasks that have ended now. */
  const ended = async (count: number): Promise<readonly string[]> => {
    const ids = Array.from({ length: count }, (_, at) => `${time.nowMs()}-${at}`)
    for (const id of ids) await store.tasks.submit({ id, type: 'test', input: null })
    for (const lease of await store.leases.claim({ queue: 'test', owner: 'a', limit: count }))
      await store.leases.complete(lease, null)
    return ids
  }
  const taskIds = async () => (await store.tasks.list({ limit: 500 })).map(({ id }) => id)
  return { store, time, retention, passes, errors, ended, taskIds }
}

describe('retention', () => {
  it('deletes tasks that ended more than 30 days ago, and no other', async () => {
    const { time, retention, ended, taskIds } = await retentionKit()
    await ended(2)
    await time.advance(DAY_MS)
    const kept = await ended(1)
    await time.advance(30 * DAY_MS - 1)

    expect(await retention.passNow()).toMatchObject({ tasks: 2, processes: 0 })
    expect(await taskIds()).toEqual(kept)
  })

  it('leaves a task that has not ended, however old', async () => {
    const { store, time, retention, taskIds } = await retentionKit()
    await store.tasks.submit({ id: 'old', type: 'test', input: null })
    await time.advance(400 * DAY_MS)

    expect(await retention.passNow()).toMatchObject({ tasks: 0 })
    expect(await taskIds()).toEqual(['old'])
  })

  it('deletes the rows of processes that ended more than 7 days ago', async () => {
    const { store, time, retention } = await retentionKit()
    for (const id of ['p-1', 'p-2'])
      await store.processes.register({ id, kind: 'worker', host: 'h', pid: 1, version: '0' })
    await store.processes.stop('p-1')
    await time.advance(7 * DAY_MS + 1)

    expect(await retention.passNow()).toMatchObject({ processes: 1 })
    expect((await store.processes.list({})).map(({ id }) => id)).toEqual(['p-2'])
  })

  it('keeps for ever what it is told to', async () => {
    const { time, retention, ended, taskIds } = await retentionKit({ tasksMs: null, processesMs: null })
    const kept = await ended(1)
    await time.advance(4_000 * DAY_MS)

    expect(await retention.passNow()).toEqual({ tasks: 0, processes: 0, batches: 0 })
    expect(await taskIds()).toEqual(kept)
  })

  it('deletes in batches, and rests after each for as long as that took', async () => {
    const { store, time, retention, ended } = await retentionKit({ tasksMs: 1_000 })
    await ended(400)
    await time.advance(2_000)
    // Each batch takes 40 ms.
    const { deleteFinishedTasks } = store.retention
    const atMs: number[] = []
    store.retention.deleteFinishedTasks = async (options) => {
      atMs.push(time.monotonicMs())
      const step = await deleteFinishedTasks.call(store.retention, options)
      await time.advance(40)
      return step
    }

    let pass: RetentionPass | undefined
    void retention.passNow().then((done) => {
      pass = done
    })
    for (let turn = 0; turn < 100 && !pass; turn += 1) await time.advance(10)

    // 400 tasks are 2,000 rows: five rows each.
    expect(pass).toEqual({ tasks: 400, processes: 0, batches: 5 })
    const gaps = atMs.slice(1).map((ms, at) => ms - (atMs[at] ?? 0))
    for (const gap of gaps) expect(gap).toBeGreaterThanOrEqual(80)
  })

  it('begins at a time of its own within the first interval, and goes on at the interval', async () => {
    const { time, retention, passes } = await retentionKit({ intervalMs: 10_000 })
    retention.start()
    retention.start()

    await time.advance(4_999)
    expect(passes).toHaveLength(0)
    await time.advance(1)
    expect(passes).toHaveLength(1)
    await time.advance(10_000)
    expect(passes).toHaveLength(2)

    await retention.stop()
    await time.advance(60_000)
    expect(passes).toHaveLength(2)
  })

  it('tells of a pass that failed, and tries again at the next', async () => {
    const { store, time, retention, passes, errors } = await retentionKit({ intervalMs: 1_000 })
    const { deleteEndedProcesses } = store.retention
    store.retention.deleteEndedProcesses = async () => {
      throw new Error('the disk is full')
    }
    retention.start()
    await time.advance(500)
    expect({ passes: passes.length, errors: errors.length }).toEqual({ passes: 0, errors: 1 })

    store.retention.deleteEndedProcesses = deleteEndedProcesses
    await time.advance(1_000)
    await retention.stop()
    expect({ passes: passes.length, errors: errors.length }).toEqual({ passes: 1, errors: 1 })
  })

  it('two of them delete nothing twice', async () => {
    const { store, time, retention, ended } = await retentionKit({ tasksMs: 1_000 })
    await ended(300)
    await time.advance(2_000)
    const other = createRetention({ store, clock: time, timers: time, tasksMs: 1_000 })

    const both: RetentionPass[] = []
    for (const each of [retention, other]) void each.passNow().then((pass) => both.push(pass))
    for (let turn = 0; turn < 100 && both.length < 2; turn += 1) await time.advance(1)

    expect(both.reduce((sum, { tasks }) => sum + tasks, 0)).toBe(300)
  })
})
