import { describe, expect, it } from 'vitest'
import type { HeldLease } from '@holdfast/store'
import { createSweeper, type Scan, type SweeperOptions } from '../src/index.js'
import { engineKit } from './engine-kit.js'
import { until } from './fake-time.js'

const LEASE_MS = 3_000

const sweeperKit = async (options: Partial<SweeperOptions> = {}) => {
  const { store, time } = await engineKit()
  const scans: Scan[] = []
  const sweeper = createSweeper({
    store,
    clock: time,
    timers: time,
    random: () => 0.5,
    leaseMs: LEASE_MS,
    onScan: (scan) => scans.push(scan),
    ...options,
  })
  /** Items that somebody claimed and forgot. */
  const leased = async (count: number, options: { maxAttempts?: number; processId?: string } = {}) => {
    const { maxAttempts = 3, processId } = options
    for (let i = 0; i < count; i++) await store.tasks.submit({ type: 'test', input: null, maxAttempts })
    return store.leases.claim({
      queue: 'test',
      owner: 'a',
      limit: count,
      leaseMs: LEASE_MS,
      ...(processId === undefined ? {} : { processId }),
    })
  }
  const item = ({ workItemId }: HeldLease) => store.workItems.require(workItemId)
  return { store, time, sweeper, scans, leased, item }
}

const only = <Item>([item]: readonly Item[]): Item => {
  if (item === undefined) throw new Error('there is none')
  return item
}

describe('a sweep', () => {
  it('finds the leases that have run out', async () => {
    const { time, sweeper, leased } = await sweeperKit()
    await leased(3)
    await time.advance(LEASE_MS)

    expect(await sweeper.scanNow()).toMatchObject({ found: 3, recovered: 3, failed: 0, errors: [] })
  })

  it('requeues an item while attempts are left: owner and expiry cleared, and the error says which attempt it was', async () => {
    const { time, sweeper, leased, item } = await sweeperKit()
    const lease = only(await leased(1))
    await time.advance(LEASE_MS)

    await sweeper.scanNow()

    expect(await item(lease)).toMatchObject({
      state: 'pending',
      leaseOwner: null,
      leaseExpiresAtMs: null,
      error: { message: expect.stringMatching(/1 of 3/) },
    })
  })

  it('ends an item as failed when no attempts are left, says so, and counts it', async () => {
    const { time, sweeper, leased, item } = await sweeperKit()
    const lease = only(await leased(1, { maxAttempts: 1 }))
    await time.advance(LEASE_MS)

    expect(await sweeper.scanNow()).toMatchObject({ found: 1, recovered: 0, failed: 1 })

    expect(await item(lease)).toMatchObject({ state: 'failed', error: { message: expect.stringMatching(/1 of 1/) } })
  })

  it('writes one error boundary per item, with the next position and the old lease in it', async () => {
    const { store, time, sweeper, leased } = await sweeperKit()
    const lease = only(await leased(1))
    await store.checkpoints.append(lease, { type: 'iteration_start', snapshot: 1 })
    await time.advance(LEASE_MS)

    expect(await sweeper.scanNow()).toMatchObject({ errorCheckpoints: 1 })

    const [boundary] = await store.checkpoints.list(lease.workItemId)
    expect(boundary).toMatchObject({ type: 'error_boundary', position: 2 })
    expect(JSON.stringify(boundary?.snapshot)).toContain('"a"')
  })

  it('writes no error boundaries where they are switched off', async () => {
    const { store, time, sweeper, leased } = await sweeperKit({ errorCheckpoints: false })
    const lease = only(await leased(1))
    await time.advance(LEASE_MS)

    expect(await sweeper.scanNow()).toMatchObject({ recovered: 1, errorCheckpoints: 0 })

    expect(await store.checkpoints.list(lease.workItemId)).toEqual([])
  })

  it('leaves leases alone that still run', async () => {
    const { time, sweeper, leased, item } = await sweeperKit()
    const lease = only(await leased(1))
    await time.advance(LEASE_MS - 1)

    expect(await sweeper.scanNow()).toMatchObject({ found: 0 })

    expect((await item(lease)).state).toBe('running')
  })

  it('takes several tasks in one scan, however many there are', async () => {
    const { store, time, sweeper } = await sweeperKit()
    for (let i = 0; i < 1_200; i++) await store.tasks.submit({ type: 'test', input: null })
    for (const limit of [1_000, 200]) await store.leases.claim({ queue: 'test', owner: 'a', limit, leaseMs: LEASE_MS })
    await time.advance(LEASE_MS)

    expect(await sweeper.scanNow()).toMatchObject({ found: 1_200, recovered: 1_200 })
  })

  it('goes on with its other steps when one fails, and says which', async () => {
    const { store, time, sweeper, leased } = await sweeperKit()
    await leased(1)
    await time.advance(LEASE_MS)
    store.sweep.promoteDue = () => Promise.reject(new Error('the disk is full'))

    expect(await sweeper.scanNow()).toMatchObject({
      recovered: 1,
      errors: [{ step: 'promote_due', message: 'the disk is full' }],
    })
  })

  it('promotes what is due, fails what is overdue, and deletes expired keys', async () => {
    const { store, time, sweeper } = await sweeperKit()
    await store.tasks.submit({ type: 'later', input: null, delayMs: 1_000 })
    await store.tasks.submit({ type: 'hurry', input: null, deadlineAtMs: time.nowMs() + 1_000 })
    await store.idempotency.run('key', { request: null, ttlMs: 1_000 }, async () => 'answer')
    await time.advance(1_000)

    expect(await sweeper.scanNow()).toMatchObject({ promoted: 1, overdue: 1, expiredKeys: 1 })
  })

  it('keeps the newest checkpoints only, on every scan, whether it found leases or not', async () => {
    const { store, sweeper, leased } = await sweeperKit()
    const lease = only(await leased(1))
    for (let i = 1; i <= 120; i++) await store.checkpoints.append(lease, { type: 'iteration_end', snapshot: i })
    await store.leases.complete(lease, 'done')

    expect(await sweeper.scanNow()).toMatchObject({ found: 0, prunedCheckpoints: 20 })

    const kept = await store.checkpoints.list(lease.workItemId, { limit: 200 })
    expect([kept.length, kept.at(-1)?.snapshot, kept[0]?.snapshot]).toEqual([100, 21, 120])
  })

  it('prunes nothing where that is switched off', async () => {
    const { store, sweeper, leased } = await sweeperKit({ keepCheckpoints: null })
    const lease = only(await leased(1))
    for (let i = 1; i <= 120; i++) await store.checkpoints.append(lease, { type: 'iteration_end', snapshot: i })
    await store.leases.complete(lease, 'done')

    expect(await sweeper.scanNow()).toMatchObject({ prunedCheckpoints: 0 })
  })

  it('says zero where nothing is to be done, and still counts the scan', async () => {
    const { sweeper } = await sweeperKit()

    const scan = await sweeper.scanNow()

    expect(scan).toMatchObject({ found: 0, recovered: 0, failed: 0, errorCheckpoints: 0, errors: [] })
    expect(sweeper.statistics()).toMatchObject({ scans: 1, found: 0, recovered: 0, lastScan: scan })
  })

  it('counts each expiry once, also when several sweepers scan at the same time', async () => {
    const { store, time, sweeper, leased } = await sweeperKit()
    const other = createSweeper({ store, clock: time, timers: time, leaseMs: LEASE_MS })
    await leased(10)
    await time.advance(LEASE_MS)

    await Promise.all([sweeper.scanNow(), sweeper.scanNow(), other.scanNow()])
    await sweeper.scanNow()

    expect(sweeper.statistics().recovered + other.statistics().recovered).toBe(10)
  })

  it('adds exactly one attempt per expiry', async () => {
    const { store, time, sweeper, leased, item } = await sweeperKit()
    const lease = only(await leased(1))

    for (const attempt of [1, 2]) {
      await time.advance(LEASE_MS)
      await sweeper.scanNow()
      expect(await item(lease)).toMatchObject({ state: 'pending', attempt })
      await store.leases.claim({ queue: 'test', owner: 'a', leaseMs: LEASE_MS })
    }
  })
})

describe('a sweeper', () => {
  it('scans in the background until it is stopped; a second start changes nothing', async () => {
    const { time, sweeper, scans } = await sweeperKit({ intervalMs: 10_000 })

    sweeper.start()
    sweeper.start()
    expect(sweeper.isRunning).toBe(true)
    await time.advance(35_000)
    await sweeper.stop()
    await time.advance(60_000)

    expect(sweeper.isRunning).toBe(false)
    expect(scans).toHaveLength(4)
  })

  it('is not ended by a scan that failed', async () => {
    const { store, time, sweeper, scans, leased } = await sweeperKit({ intervalMs: 10_000 })
    const recoverExpired = store.sweep.recoverExpired.bind(store.sweep)
    let failures = 1
    store.sweep.recoverExpired = (options) =>
      failures-- > 0 ? Promise.reject(new Error('the disk is full')) : recoverExpired(options)
    await time.advance(LEASE_MS / 3)
    sweeper.start()
    await until(() => scans.length === 1)
    await leased(1)

    await time.advance(30_000)
    await sweeper.stop()

    expect(scans[0]?.errors).toHaveLength(1)
    expect(sweeper.statistics()).toMatchObject({ recovered: 1, scansWithErrors: 1 })
  })

  it('takes back at once what a dead process holds, and leaves the living and the unknown alone', async () => {
    const { store, sweeper, leased, item } = await sweeperKit()
    for (const id of ['dead', 'living', 'unknown'])
      await store.processes.register({ id, kind: 'worker', host: 'here', pid: 1, version: '1' })
    const leases = [
      ...(await leased(1, { processId: 'dead' })),
      ...(await leased(1, { processId: 'living' })),
      ...(await leased(1, { processId: 'unknown' })),
    ]
    const forgotten: string[] = []
    const forget = async (id: string) => forgotten.push(id) > 0
    Object.assign(store, { liveness: { dead: async () => ['dead', 'dead-leases'], forget } })

    expect(await sweeper.scanNow()).toMatchObject({ deadProcesses: 1, found: 1, recovered: 1 })

    const states = await Promise.all(leases.map(async (lease) => (await item(lease)).state))
    expect(states).toEqual(['pending', 'running', 'running'])
    expect(forgotten).toEqual(['dead', 'dead-leases'])
    expect((await store.processes.list({ state: 'dead' })).map(({ id }) => id)).toEqual(['dead'])
  })

  it('is not needed to notice a death: the watch looks at the locks in between, and writes only when one is free', async () => {
    const { store, time, sweeper, scans, leased, item } = await sweeperKit({ intervalMs: 60_000, deathWatchMs: 200 })
    const lease = only(await leased(1, { processId: 'worker' }))
    const dead: string[] = []
    const forget = async (id: string) => dead.splice(dead.indexOf(id), 1).length > 0
    Object.assign(store, { liveness: { dead: async () => [...dead], forget } })
    sweeper.start()
    await time.advance(5_000)
    expect(scans).toHaveLength(1)

    dead.push('worker')
    await time.advance(200)

    expect(scans[1]).toMatchObject({ deadProcesses: 1, found: 1, recovered: 1, errors: [] })
    expect((await item(lease)).state).toBe('pending')
    await time.advance(5_000)
    expect(scans).toHaveLength(2)
    await sweeper.stop()
  })

  it('says that deaths can’t be noticed at the pace of scans, not at that of the watch', async () => {
    const { store, time, sweeper, scans } = await sweeperKit({ intervalMs: 10_000, deathWatchMs: 200 })
    const dead = async () => {
      throw new Error('no such folder')
    }
    Object.assign(store, { liveness: { dead } })
    sweeper.start()

    await time.advance(30_500)

    expect(scans.length).toBeGreaterThan(4)
    expect(scans.length).toBeLessThan(10)
    expect(scans.every(({ errors }) => errors.some(({ step }) => step === 'recover_processes'))).toBe(true)
    await sweeper.stop()
  })

  it('counts a dead process once, however many sweepers find it', async () => {
    const { store, sweeper, leased } = await sweeperKit()
    await leased(3, { processId: 'dead' })
    const locks = ['dead']
    const forget = async () => locks.pop() !== undefined
    Object.assign(store, { liveness: { dead: async () => ['dead'], forget } })

    const both = await Promise.all([sweeper.scanNow(), createSweeper({ store }).scanNow()])

    expect(both.map(({ recovered }) => recovered).toSorted()).toEqual([0, 3])
    expect(both.map(({ deadProcesses }) => deadProcesses).toSorted()).toEqual([0, 1])
  })

  it('takes back a lease that stands still for longer than its length after the clock was set back', async () => {
    const { time, sweeper, leased, item } = await sweeperKit()
    const lease = only(await leased(1))
    time.jump(-3_600_000)
    await sweeper.scanNow()

    await time.advance(LEASE_MS)
    await sweeper.scanNow()
    expect((await item(lease)).state).toBe('running')
    await time.advance(1)
    await sweeper.scanNow()

    expect((await item(lease)).state).toBe('pending')
  })

  it('leaves a lease alone that moves, however far in the future the wall clock puts it', async () => {
    const { store, time, sweeper, leased, item } = await sweeperKit()
    const lease = only(await leased(1))
    time.jump(-3_600_000)

    for (let i = 0; i < 6; i++) {
      await time.advance(LEASE_MS / 3)
      await store.leases.heartbeat(lease, { leaseMs: LEASE_MS })
      await sweeper.scanNow()
    }

    expect((await item(lease)).state).toBe('running')
  })

  it('takes back a lease that stands still for longer than its length although the clock is set again and again', async () => {
    const { time, sweeper, leased, item } = await sweeperKit()
    const lease = only(await leased(1))
    await sweeper.scanNow()

    for (let i = 0; i < 5; i++) {
      time.jump(i % 2 === 0 ? 3_600_000 : -3_600_000)
      await time.advance(LEASE_MS / 4)
      expect(await sweeper.scanNow()).toMatchObject({ deferred: 'clock_jump' })
    }

    expect((await item(lease)).state).toBe('pending')
  })

  it('leaves the living their leases, however often and however far the clock is set', async () => {
    const { store, time, sweeper, leased, item } = await sweeperKit()
    const lease = only(await leased(1))

    for (const jumpMs of [3_600_000, 86_400_000, -86_400_000, 3_600_000, 3_600_000, -7_200_000]) {
      time.jump(jumpMs)
      await sweeper.scanNow()
      for (let beat = 0; beat < 4; beat++) {
        await time.advance(LEASE_MS / 3 - 1)
        await store.leases.heartbeatAll([lease], { leaseMs: LEASE_MS, isLive: true })
        await sweeper.scanNow()
      }
    }

    expect(await item(lease)).toMatchObject({ state: 'running', attempt: 1 })
  })

  it('trusts the clock again only once the holder of the longest lease has had the time for a heartbeat', async () => {
    const { store, time, sweeper } = await sweeperKit()
    await store.tasks.submit({ type: 'test', input: null })
    await store.leases.claim({ queue: 'test', owner: 'a', leaseMs: 10 * LEASE_MS })
    time.jump(3_600_000)
    await sweeper.scanNow()

    await time.advance((10 * LEASE_MS) / 3 - 1)
    expect(await sweeper.scanNow()).toMatchObject({ deferred: 'clock_jump', recovered: 0 })
    await time.advance(1)

    expect(await sweeper.scanNow()).toMatchObject({ deferred: null, recovered: 1 })
  })

  it('waits one heartbeat after the clock was set forward, so that the living can say so', async () => {
    const { time, sweeper, leased, item } = await sweeperKit()
    const lease = only(await leased(1))
    time.jump(3_600_000)

    expect(await sweeper.scanNow()).toMatchObject({ deferred: 'clock_jump', found: 0 })
    expect((await item(lease)).state).toBe('running')
    await time.advance(LEASE_MS / 3)

    expect(await sweeper.scanNow()).toMatchObject({ deferred: null, recovered: 1 })
  })

  it('waits one heartbeat after a long wait for the write lock, in which no heartbeat got through either', async () => {
    const { store, time, sweeper, leased } = await sweeperKit()
    await leased(1)
    await time.advance(LEASE_MS)
    const promoteDue = store.sweep.promoteDue.bind(store.sweep)
    store.sweep.promoteDue = async (options) => {
      await time.advance(LEASE_MS / 3 + 1)
      return promoteDue(options)
    }

    expect(await sweeper.scanNow()).toMatchObject({ deferred: 'lock_wait', found: 0 })
    store.sweep.promoteDue = promoteDue
    await time.advance(LEASE_MS / 3)

    expect(await sweeper.scanNow()).toMatchObject({ deferred: null, recovered: 1 })
  })
})

describe('a sweeper that starts just after the wall clock was set forwards', () => {
  /** Whoever begins now: it can't see what the clock did before. */
  const newcomerKit = async () => {
    const kit = await sweeperKit()
    const newcomer = () =>
      createSweeper({ store: kit.store, clock: kit.time, timers: kit.time, random: () => 0.5, leaseMs: LEASE_MS })
    return { ...kit, newcomer }
  }

  it('leaves the living their leases', async () => {
    const { store, time, leased, item, newcomer } = await newcomerKit()
    const lease = only(await leased(1))
    time.jump(3_600_000)
    const sweeper = newcomer()

    expect(await sweeper.scanNow()).toMatchObject({ deferred: 'first_look', found: 0 })
    for (let beat = 0; beat < 4; beat++) {
      await time.advance(LEASE_MS / 3 - 1)
      await store.leases.heartbeatAll([lease], { leaseMs: LEASE_MS, isLive: true })
      await sweeper.scanNow()
    }

    expect(await item(lease)).toMatchObject({ state: 'running', attempt: 1 })
  })

  it('takes what nobody extends after one heartbeat', async () => {
    const { time, leased, newcomer } = await newcomerKit()
    await leased(1)
    time.jump(3_600_000)
    const sweeper = newcomer()

    await sweeper.scanNow()
    time.stand(LEASE_MS / 3 - 1)
    expect(await sweeper.scanNow()).toMatchObject({ deferred: 'first_look', recovered: 0 })
    time.stand(1)

    expect(await sweeper.scanNow()).toMatchObject({ deferred: null, recovered: 1 })
  })

  it('takes at once what dead processes hold, expired or not', async () => {
    const { store, time, leased, item, newcomer } = await newcomerKit()
    const lease = only(await leased(1, { processId: 'dead' }))
    time.jump(3_600_000)
    Object.assign(store, { liveness: { dead: async () => ['dead'], forget: async () => true } })

    expect(await newcomer().scanNow()).toMatchObject({ deferred: 'first_look', deadProcesses: 1, recovered: 1 })

    expect((await item(lease)).state).toBe('pending')
  })

  it('waits for no longer than a lease’s own length, however long others are', async () => {
    const { store, time, leased, item, newcomer } = await newcomerKit()
    await store.tasks.submit({ type: 'test', input: null })
    await store.leases.claim({ queue: 'test', owner: 'a', leaseMs: 100 * LEASE_MS })
    const lease = only(await leased(1))
    time.jump(3_600_000)
    const sweeper = newcomer()

    await sweeper.scanNow()
    time.stand(LEASE_MS + 1)
    await sweeper.scanNow()

    expect((await item(lease)).state).toBe('pending')
  })
})
