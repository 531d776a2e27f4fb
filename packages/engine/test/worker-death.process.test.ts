import { readdir } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { sharedFile } from './shared-file.js'
import { startWorkerProcess } from './worker-process.js'

describe('a worker process that is killed in the middle of a task', () => {
  it('is noticed at once, and another one resumes from its last checkpoint', async () => {
    const { store, path, sweeper, submit, item, ended } = await sharedFile()
    const id = await submit('steps', { steps: 8, stepMs: 60 })
    const first = await startWorkerProcess(path)
    await first.told((line) => line.step === 4)

    await first.kill()
    expect(await sweeper.scanNow()).toMatchObject({ deadProcesses: 1, found: 1, recovered: 1 })
    const second = await startWorkerProcess(path)
    await ended(id)

    const { result } = await store.tasks.require(id)
    const { resumedFrom } = result as { resumedFrom: number }
    expect(resumedFrom).toBeGreaterThanOrEqual(4)
    expect(second.lines.flatMap(({ step }) => (step === undefined ? [] : [step]))).toEqual(
      Array.from({ length: 8 - resumedFrom }, (_, i) => resumedFrom + 1 + i),
    )
    expect(await item(id)).toMatchObject({ state: 'completed', attempt: 2 })
    const checkpoints = (await store.checkpoints.list(id)).toReversed()
    expect(checkpoints.map(({ position }) => position)).toEqual(checkpoints.map((_, i) => i + 1))
    expect(checkpoints.filter(({ type }) => type === 'error_boundary')).toHaveLength(1)
  })

  it('three times, with 100 items claimed ahead, fails none that never began', async () => {
    const { store, path, sweeper, submit, item } = await sharedFile()
    const poison = await submit('hang')
    const ids = await Promise.all(Array.from({ length: 100 }, () => submit('hang')))

    for (const attempt of [1, 2, 3]) {
      const worker = await startWorkerProcess(path, { concurrency: 1, prefetch: 100 })
      await worker.told((line) => line.began === poison && line.attempt === attempt)
      await worker.told((line) => line.ahead === 100)
      await worker.kill()
      expect(await sweeper.scanNow()).toMatchObject({ deadProcesses: 1, found: 101 })
    }

    expect(await item(poison)).toMatchObject({ state: 'failed', attempt: 3 })
    const items = await Promise.all(ids.map(item))
    expect(new Set(items.map(({ state, attempt }) => `${state} after ${attempt} attempts`))).toEqual(
      new Set(['pending after 0 attempts']),
    )
    expect(await store.sweep.watchLeases()).toEqual([])
    // Nothing is left of the dead but their rows.
    expect((await readdir(`${path}-processes`)).filter((name) => name.endsWith('.lock'))).toEqual([
      `${store.info().processId}.lock`,
    ])
  })
})
