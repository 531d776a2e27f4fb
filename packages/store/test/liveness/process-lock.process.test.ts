import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { LEASE_THREAD_SUFFIX, type StoreWarning } from '@holdfast/store'
import { describe, expect, it } from 'vitest'
import { chooseDriver } from '../../src/sqlite/driver/choose.js'
import { probeProcess } from '../../src/sqlite/liveness/lock-probe.js'
import { listProcessLocks, takeProcessLock } from '../../src/sqlite/liveness/process-lock.js'
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

  it('leaves one file when it is killed, which goes when it is forgotten', async () => {
    const { path, store, other, processId } = await openBeside()
    other.child.kill('SIGKILL')
    await other.ended
    const left = () => readdirSync(`${path}-processes`).filter((name) => name.startsWith(processId))

    expect(left()).toEqual([`${processId}.lock`])
    expect(await store.liveness.forget(processId)).toBe(true)
    expect(left()).toEqual([])
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

describe('a look at all processes', () => {
  it('names nobody while all live, stopped ones and oneself included', async () => {
    const { path, store, other } = await openBeside()
    await openObserver(path)
    other.child.kill('SIGSTOP')

    expect(await store.liveness.dead()).toEqual([])
    expect(await store.liveness.dead()).toEqual([])
  })

  it('names who was killed, at every look, until somebody forgets him', async () => {
    const { store, other, processId } = await openBeside()
    expect(await store.liveness.dead()).toEqual([])
    other.child.kill('SIGKILL')
    await other.ended

    expect(await store.liveness.dead()).toEqual([processId])
    expect(await store.liveness.dead()).toEqual([processId])
    await store.liveness.forget(processId)
    expect(await store.liveness.dead()).toEqual([])
  })

  it('names nobody who closed his store', async () => {
    const path = toyPath()
    const store = await openObserver(path)
    const other = await openObserver(path)
    expect(await store.liveness.dead()).toEqual([])

    await other.close()

    expect(await store.liveness.dead()).toEqual([])
  })

  it('goes on past a lock file that can’t be opened, and says so once', async () => {
    const path = toyPath()
    const warnings: StoreWarning[] = []
    const onWarning = (warning: StoreWarning): void => void warnings.push(warning)
    const store = await openToyStore({ path, writer: 'inline', onWarning })
    mkdirSync(join(`${path}-processes`, '0-folder.lock'))
    const other = startToyProcess(path, 'stay')
    const { processId } = await other.line('processId')
    other.child.kill('SIGKILL')
    await other.ended

    expect(await store.liveness.dead()).toEqual([processId])
    expect(await store.liveness.dead()).toEqual([processId])

    expect(warnings).toMatchObject([{ code: 'liveness.probe_failed', details: { processId: '0-folder' } }])
  })

  it('never asks after its own lease thread, and asks after those of others', async () => {
    const path = toyPath()
    const warnings: StoreWarning[] = []
    const onWarning = (warning: StoreWarning): void => void warnings.push(warning)
    const store = await openToyStore({ path, writer: 'inline', onWarning })
    const own = `${store.info().processId}${LEASE_THREAD_SUFFIX}`
    // A folder can't be opened, which is told when it is tried.
    for (const id of [own, `other${LEASE_THREAD_SUFFIX}`]) mkdirSync(join(`${path}-processes`, `${id}.lock`))

    expect(await store.liveness.dead()).toEqual([])

    expect(warnings).toMatchObject([{ details: { processId: 'other-leases' } }])
  })

  it('leaves files alone that no process of ours has made', async () => {
    const path = toyPath()
    const store = await openObserver(path)
    mkdirSync(join(`${path}-processes`, 'not an id.lock'))

    expect(await store.liveness.dead()).toEqual([])
  })

  it('finds nobody in memory', async () => {
    const store = await openToyStore({ path: ':memory:' })

    expect(await store.liveness.dead()).toEqual([])
    expect(await store.liveness.forget('nobody')).toBe(false)
  })
})

describe('the lock file', () => {
  it('has its name only while it is held, so that who is being born never reads as dead', () => {
    const path = toyPath()
    const { open } = chooseDriver()
    const unheld: (readonly string[])[] = []
    const lock = takeProcessLock(path, 'newborn', (file) => {
      const native = open(file)
      const exec = (sql: string): void => {
        unheld.push(listProcessLocks(path))
        native.exec(sql)
      }
      return { ...native, exec }
    })

    expect(unheld).toEqual([[]])
    expect(listProcessLocks(path)).toEqual(['newborn'])
    expect(probeProcess(path, 'newborn', open)).toBe('alive')
    lock.release()
    expect(readdirSync(`${path}-processes`)).toEqual([])
  })

  it('of a dead process is forgotten once, whoever else tries', async () => {
    const { path, store, other, processId } = await openBeside()
    const second = await openObserver(path)
    other.child.kill('SIGKILL')
    await other.ended

    expect(await Promise.all([store, second, store].map(({ liveness }) => liveness.forget(processId)))).toEqual([
      true,
      false,
      false,
    ])
  })

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

    expect(await store.liveness.forget(processId)).toBe(false)

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
