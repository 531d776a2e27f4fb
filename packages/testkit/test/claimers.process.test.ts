import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { openTestStore, spawnNode, type NodeProcess, type TestStore } from '../src/index.js'
import { driver } from './support/driver.js'

const CLAIMER = fileURLToPath(new URL('../dist/processes/claimer.js', import.meta.url))
const env = { HOLDFAST_SQLITE_DRIVER: driver }
const CLAIMERS = 8
const ITEMS = 10_000

let test: TestStore
let claimers: readonly NodeProcess[] = []

afterEach(async () => {
  for (const claimer of claimers) await claimer.kill()
  await test.close()
})

interface Batch {
  readonly completed: readonly string[]
  readonly refused: readonly unknown[]
}

const isReady = (line: unknown): line is object => typeof line === 'object' && line !== null && 'ready' in line

const isBatch = (line: unknown): line is Batch => typeof line === 'object' && line !== null && 'completed' in line

describe(`${CLAIMERS} processes on one file`, () => {
  it(`complete ${ITEMS} items, each exactly once, and none of them is ever told that the file is busy`, async () => {
    test = await openTestStore({ durability: 'process', driver })
    const { store, path } = test
    const taskId = await test.enqueue({ queue: 'root' })
    const [root] = await store.leases.claim({ queue: 'root', owner: 'test', leaseMs: 3_600_000 })
    if (!root) throw new Error('the root item was enqueued')
    const items = Array.from({ length: ITEMS }, (_, n) => ({ id: `item-${n}`, type: 'test', input: n }))
    await store.workItems.spawn(root, items)

    claimers = Array.from({ length: CLAIMERS }, (_, n) =>
      spawnNode(CLAIMER, { args: [path, `claimer-${n}`, '25'], env }),
    )
    for (const claimer of claimers) await claimer.line(isReady)
    for (const claimer of claimers) claimer.say('go')
    const exits = await Promise.all(claimers.map((claimer) => claimer.exited))

    // A refusal or an error of any kind, SQLITE_BUSY among them, would end a claimer or stand in `refused`.
    expect(claimers.map((claimer) => claimer.errors()).join('')).toBe('')
    expect(exits).toEqual(Array.from({ length: CLAIMERS }, () => ({ code: 0, signal: null })))
    const batchesOfEach = claimers.map((claimer) => claimer.lines.filter(isBatch))
    expect(batchesOfEach.filter((batches) => batches.length > 0).length).toBeGreaterThan(1)
    const batches = batchesOfEach.flat()
    expect(batches.flatMap((batch) => batch.refused)).toEqual([])
    const completed = batches.flatMap((batch) => batch.completed)
    expect(completed).toHaveLength(ITEMS)
    expect(new Set(completed).size).toBe(ITEMS)
    expect(await store.workItems.count(taskId)).toMatchObject({ completed: ITEMS, running: 1, pending: 0 })
    for (const id of ['item-0', `item-${ITEMS - 1}`]) {
      const { events } = await store.events.read(id)
      expect(events.map((event) => event.type)).toEqual(['item.enqueued', 'lease.claimed', 'item.completed'])
    }
  }, 120_000)
})
