import { createSweeper, createWorker, defineTask, type EngineStore } from '@holdfast/engine'
import { readdir } from 'node:fs/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { eventually } from './open-file-store.js'
import { sharedFile } from './shared-file.js'
import { startWorkerProcess } from './worker-process.js'

const ITEMS = 100

/**
 * A second where a core is free for it. Here other tests share the machine, so the bound only tells the watch, which
 * looks five times a second, from the lease, which runs out in half a minute.
 */
const SOON_MS = 5_000

/** A process that holds items and never ends them, and the ids of those. */
const holder = async (
  { path, submit }: Awaited<ReturnType<typeof sharedFile>>,
  options: Parameters<typeof startWorkerProcess>[1] = {},
) => {
  const process = await startWorkerProcess(path, { concurrency: ITEMS, ...options })
  const ids = await Promise.all(Array.from({ length: ITEMS }, () => submit('hang_once')))
  await process.told((line) => line.attempt === 1 && line.count === ITEMS)
  return { process, ids }
}

/** A worker in this process, with the defaults but for its room; which items it began, and at which attempt. */
const survivor = async (store: EngineStore) => {
  const begun: { readonly id: string; readonly attempt: number }[] = []
  const task = defineTask('hang_once', {}, ({ workItemId: id, attempt }) => {
    begun.push({ id, attempt })
    return 'done'
  })
  const worker = createWorker({ store, tasks: [task], concurrency: ITEMS })
  onTestFinished(() => worker.stop())
  await worker.start()
  return begun
}

describe('a worker that is killed while it holds 100 items, beside another one with the defaults', () => {
  it.each([
    { is: 'registered', options: {} },
    { is: 'not registered, as one is that dies between its first claim and its row', options: { process: false } },
  ] as const)('leaves none of them waiting, and none is completed twice, when it is $is', async ({ options }) => {
    const file = await sharedFile()
    const { store, path, item, ended } = file
    const { process, ids } = await holder(file, options)
    const begun = await survivor(store)

    await process.kill()
    const killedAtMs = performance.now()
    await eventually(() => begun.length >= ITEMS)

    expect(performance.now() - killedAtMs).toBeLessThan(SOON_MS)
    expect(begun.map(({ id }) => id).toSorted()).toEqual(ids.toSorted())
    for (const id of ids) {
      await ended(id)
      expect(await item(id)).toMatchObject({ state: 'completed', attempt: 2 })
      const { events } = await store.events.read(id, { limit: 100 })
      expect(events.filter(({ type }) => type === 'item.completed')).toHaveLength(1)
    }
    const locks = (await readdir(`${path}-processes`)).filter((name) => name.endsWith('.lock'))
    // This process and its lease thread: nothing is left of the dead one.
    expect(locks).toHaveLength(2)
  })

  it('keeps all of them while it is only stopped, however often others look', async () => {
    const file = await sharedFile()
    const { store, item } = file
    const { process, ids } = await holder(file)
    process.signal('SIGSTOP')
    const sweeper = createSweeper({ store, deathWatchMs: 10 })
    onTestFinished(() => sweeper.stop())
    sweeper.start()

    for (let looks = 0; looks < 20; looks++) expect(await store.liveness.dead()).toEqual([])
    expect(await sweeper.scanNow()).toMatchObject({ deadProcesses: 0, found: 0 })

    expect(new Set((await Promise.all(ids.map(item))).map(({ state }) => state))).toEqual(new Set(['running']))
  })
})
