import { openStore } from '@holdfast/store/sqlite'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { EngineStore } from '../src/index.js'

/** A store on a file of its own, as programs open it: writer and readers on threads. Removed when the test ends. */
export const openFileStore = async (): Promise<{ readonly store: EngineStore; readonly path: string }> => {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-engine-'))
  const path = join(folder, 'store.db')
  const store = await openStore({ path, durability: 'process' })
  onTestFinished(async () => {
    await store.close()
    await rm(folder, { recursive: true, force: true })
  })
  return { store, path }
}

/** Waits in real time until something holds, for what other processes and threads do. */
export const eventually = async (holds: () => boolean | Promise<boolean>, withinMs = 15_000): Promise<void> => {
  const deadlineMs = performance.now() + withinMs
  while (!(await holds())) {
    if (performance.now() > deadlineMs) throw new Error(`it did not come about within ${withinMs} ms`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
