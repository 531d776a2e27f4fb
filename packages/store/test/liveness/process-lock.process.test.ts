import { existsSync, readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { listProcessLocks } from '../../src/sqlite/liveness/process-lock.js'
import { openToyStore, toyPath } from '../support/open-toy-store.js'
import { startToyProcess } from '../support/start-toy-process.js'

/** A store of our own to look from. Inline, because a thread's start is most of what such a test takes. */
const openObserver = (path: string = toyPath()) => openToyStore({ path, writer: 'inline' })

/** A process that opened the store and stays, and a store of our own to look at it from. */
const openBeside = async () => {
  const path = toyPath()
  const store = await openObserver(path)
  const other = startToyProcess(path, 'stay')
  const { processId } = await other.line('processId')
  return { path, store, other, processId: String(processId) }
}

describe('the liveness of a process', () => {
  it('is alive while it runs', async () => {
    const { store, processId } = await openBeside()

    expect(await store.liveness.probe(processId)).toBe('alive')
  })

  it('is alive while it is stopped, however long it says nothing', async () => {
    const { store, other, processId } = await openBeside()
    other.child.kill('SIGSTOP')

    expect(await store.liveness.probe(processId)).toBe('alive')

    other.child.kill('SIGCONT')
    expect(await store.liveness.probe(processId)).toBe('alive')
  })

  it('is dead as soon as it was killed, and stays so', async () => {
    const { store, other, processId } = await openBeside()
    other.child.kill('SIGKILL')
    await other.ended

    expect(await store.liveness.probe(processId)).toBe('dead')
    expect(await store.liveness.probe(processId)).toBe('dead')
  })

  it('is dead when it was killed while it was stopped', async () => {
    const { store, other, processId } = await openBeside()
    other.child.kill('SIGSTOP')
    other.child.kill('SIGKILL')
    await other.ended

    expect(await store.liveness.probe(processId)).toBe('dead')
  })

  it('is told of oneself without a look, which would give the lock away', async () => {
    const store = await openObserver()

    expect(await store.liveness.probe(store.info().processId)).toBe('alive')
  })

  it('is unknown where there never was such a process, and asking makes no file', async () => {
    const path = toyPath()
    const store = await openObserver(path)

    expect(await store.liveness.probe('nobody')).toBe('unknown')

    expect(listProcessLocks(path)).toEqual([store.info().processId])
  })

  it.each(['../escape', 'a/b', ''])('refuses %j for a process id', async (processId) => {
    const store = await openObserver()

    await expect(store.liveness.probe(processId)).rejects.toMatchObject({ code: 'input.invalid' })
  })

  it('is unknown for others of a database in memory', async () => {
    const store = await openToyStore({ path: ':memory:' })

    expect(await store.liveness.probe(store.info().processId)).toBe('alive')
    expect(await store.liveness.probe('nobody')).toBe('unknown')
  })
})

describe('the lock file', () => {
  it('of a dead process goes when it is forgotten', async () => {
    const { path, store, other, processId } = await openBeside()
    other.child.kill('SIGKILL')
    await other.ended

    await store.liveness.forget(processId)

    expect(listProcessLocks(path)).toEqual([store.info().processId])
    expect(await store.liveness.probe(processId)).toBe('unknown')
  })

  it('of a live process stays when somebody forgets it', async () => {
    const { store, processId } = await openBeside()

    await store.liveness.forget(processId)

    expect(await store.liveness.probe(processId)).toBe('alive')
  })

  it('of a process that closed its store is gone', async () => {
    const path = toyPath()
    const store = await openObserver(path)

    await store.close()

    expect(readdirSync(`${path}-processes`)).toEqual([])
  })

  it('is seen by a second store of the same process for what it is', async () => {
    const path = toyPath()
    const [a, b] = [await openObserver(path), await openObserver(path)]

    expect(await a.liveness.probe(b.info().processId)).toBe('alive')
    await b.close()
    expect(await a.liveness.probe(b.info().processId)).toBe('unknown')
    expect(existsSync(path)).toBe(true)
  })
})
