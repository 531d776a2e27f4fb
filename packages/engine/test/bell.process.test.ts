import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { eventually, openFileStore } from './open-file-store.js'
import { startWorkerProcess } from './worker-process.js'

const FIXTURE = fileURLToPath(new URL('fixtures/bell-worker.mjs', import.meta.url))

/** The longest that a worker sleeps when nobody wakes it. */
const POLL_MS = 500

const nowMs = (): number => performance.timeOrigin + performance.now()

/** A store in this process and a worker in another one, with nothing to do. */
const workerAcross = async ({ prepare = (_bell: string): void => {}, pollMs = POLL_MS } = {}) => {
  const { store, path } = await openFileStore()
  prepare(`${path}-bell`)
  const worker = await startWorkerProcess(path, { pollMs }, FIXTURE)
  let submitted = 0
  /** Submits an item, and resolves with how long it took to begin. */
  const wakeUpMs = async (options: { readonly delayMs?: number } = {}): Promise<number> => {
    const number = submitted++
    const startedMs = nowMs()
    await store.tasks.submit({ type: 'note', input: { number }, ...options })
    const { atMs } = await worker.told(({ began }) => began === number)
    return Number(atMs) - startedMs
  }
  return { store, bell: `${path}-bell`, worker, wakeUpMs }
}

const median = (numbers: readonly number[]): number => numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? NaN

/** A loaded machine is late now and then, so the median is what is judged. */
const WAKE_UPS = 200

describe('a worker without work in another process', () => {
  it('begins an item as soon as it is submitted, 200 times of 200', async () => {
    // Nothing but the bell can wake it: a ring that is lost leaves its item until the test gives up.
    const { wakeUpMs, worker } = await workerAcross({ pollMs: 600_000 })
    const tookMs: number[] = []

    for (let i = 0; i < WAKE_UPS; i++) tookMs.push(await wakeUpMs())

    expect(tookMs).toHaveLength(WAKE_UPS)
    expect(median(tookMs)).toBeLessThan(POLL_MS / 10)
    expect(worker.lines.filter(({ error, warning }) => error !== undefined || warning !== undefined)).toEqual([])
  })

  it('wakes when an item becomes due, which it heard of long before', async () => {
    const { wakeUpMs } = await workerAcross()
    const lateMs: number[] = []

    for (const delayMs of [120, 260, 330, 410, 170]) lateMs.push((await wakeUpMs({ delayMs })) - delayMs)

    expect(Math.min(...lateMs)).toBeGreaterThanOrEqual(-1)
    expect(median(lateMs)).toBeLessThan(POLL_MS / 10)
  })

  it('finds a bell again that somebody deleted, and is woken by the new one', async () => {
    const { bell, wakeUpMs } = await workerAcross()
    await wakeUpMs()

    rmSync(bell)
    // Whoever notices first, the one that rings or the one that listens, makes another. One may miss the other's.
    expect(await wakeUpMs()).toBeLessThan(4 * POLL_MS)
    await eventually(() => existsSync(bell))
    const tookMs: number[] = []
    for (let i = 0; i < 15; i++) tookMs.push(await wakeUpMs())

    expect(median(tookMs)).toBeLessThan(POLL_MS / 10)
  })

  it('polls where there is no bell to be had, says so once, and loses nothing', async () => {
    const { worker, wakeUpMs } = await workerAcross({ prepare: (bell) => mkdirSync(bell) })

    const tookMs: number[] = []
    for (let i = 0; i < 4; i++) tookMs.push(await wakeUpMs())
    await eventually(() => worker.lines.some(({ warning }) => warning !== undefined))

    expect(Math.max(...tookMs)).toBeLessThan(4 * POLL_MS)
    // It listens, and it rings for what it retries or spawns: here the former alone.
    expect(worker.lines.flatMap(({ warning }) => warning ?? [])).toEqual(['bell.unwatched'])
  })
})
