import { readdir } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { sharedFile } from './shared-file.js'
import { startWorkerProcess, type WorkerProcess } from './worker-process.js'

const ITEMS = 100

/**
 * A second where a core is free for it. Here other tests share the machine, so the bound only tells the watch, which
 * looks five times a second, from the lease, which runs out in half a minute.
 */
const SOON_MS = 5_000

const began = ({ lines }: WorkerProcess, attempt: number): readonly unknown[] =>
  lines.flatMap((line) => (line.began !== undefined && line.attempt === attempt ? [line.began] : []))

const allBegan = (worker: WorkerProcess, attempt: number): Promise<unknown> =>
  worker.told((line) => line.attempt === attempt && line.count === ITEMS)

describe('a worker that is killed while it holds 100 items, beside another one with the defaults', () => {
  it.each([
    { is: 'registered', options: {} },
    { is: 'not registered, as one is that dies between its first claim and its row', options: { process: false } },
  ] as const)('leaves none of them waiting, and none is completed twice, when it is $is', async ({ options }) => {
    const { store, path, submit, item, ended } = await sharedFile()
    const killed = await startWorkerProcess(path, { concurrency: ITEMS, ...options })
    const ids = await Promise.all(Array.from({ length: ITEMS }, () => submit('hang_once')))
    await allBegan(killed, 1)
    const survivor = await startWorkerProcess(path, { concurrency: ITEMS, sweep: {} })

    await killed.kill()
    const killedAtMs = performance.now()
    await allBegan(survivor, 2)

    expect(performance.now() - killedAtMs).toBeLessThan(SOON_MS)
    expect(began(survivor, 2).toSorted()).toEqual(ids.toSorted())
    for (const id of ids) {
      await ended(id)
      expect(await item(id)).toMatchObject({ state: 'completed', attempt: 2 })
      const { events } = await store.events.read(id, { limit: 100 })
      expect(events.filter(({ type }) => type === 'item.completed')).toHaveLength(1)
    }
    const locks = (await readdir(`${path}-processes`)).filter((name) => name.endsWith('.lock'))
    // This process, the survivor and its lease thread: nothing is left of the dead one.
    expect(locks).toHaveLength(3)
  })

  it('keeps all of them while it is only stopped', async () => {
    const { path, submit, item } = await sharedFile()
    const stopped = await startWorkerProcess(path, { concurrency: ITEMS })
    const ids = await Promise.all(Array.from({ length: ITEMS }, () => submit('hang_once')))
    await allBegan(stopped, 1)
    stopped.signal('SIGSTOP')

    const survivor = await startWorkerProcess(path, { concurrency: ITEMS, sweep: { deathWatchMs: 10 } })
    // It has looked many times by now.
    await survivor.told(() => survivor.lines.length > 6)

    expect(began(survivor, 2)).toEqual([])
    expect(new Set((await Promise.all(ids.map(item))).map(({ state }) => state))).toEqual(new Set(['running']))
  })
})
