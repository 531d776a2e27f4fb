import { fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, renameSync, rmSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { openStore } from '@holdfast/store/sqlite'
import { describe, expect, it, onTestFinished } from 'vitest'
import { toyPath } from '../support/open-toy-store.js'
import { startToyProcess } from '../support/start-toy-process.js'
import { count, sqlite as toys, TOY_MIGRATIONS } from '../support/toy-module.mjs'

const HOLDER = fileURLToPath(new URL('./holder.mjs', import.meta.url))

/** A process that holds a store, does what it is told, and is killed after the test. */
const startHolder = async (path: string, options: object = {}) => {
  const child = fork(HOLDER, [path, JSON.stringify(options)])
  onTestFinished(() => void child.kill('SIGKILL'))
  const answer = async (): Promise<unknown> => ((await once(child, 'message')) as [unknown])[0]
  await answer()
  return {
    ask: (order: string, arg?: string): Promise<unknown> => {
      child.send([order, arg])
      return answer()
    },
    /** It has nothing more to do. @returns its exit code. */
    end: async (): Promise<number | null> => {
      const exited = once(child, 'exit') as Promise<[number | null]>
      child.disconnect()
      return (await exited)[0]
    },
  }
}

/** Another process that opens the store, writes, closes it, and takes itself for the last one. */
const comeAndGo = async (path: string): Promise<void> => {
  const { ended } = startToyProcess(path, 'close')
  expect(await ended).toBe(0)
}

/** By a fresh process's eyes: this one has not had the file open. */
const toysIn = async (path: string): Promise<unknown> => {
  const store = await openStore({ path, modules: [toys], scopes: { toys: TOY_MIGRATIONS } })
  onTestFinished(() => store.close())
  return (await store.submit(count, {})).count
}

const SHAPES = [{ writer: 'thread' }, { writer: 'inline' }]
const isShown = process.platform === 'linux'

describe('a process whose locks on the file were dropped by a library in it', () => {
  it.each(SHAPES)('acknowledges nothing once another process has removed the WAL: %o', async (shape) => {
    const path = toyPath()
    const holder = await startHolder(path, shape)
    expect(await holder.ask('put', 'before')).toMatchObject({ value: expect.anything() })
    await holder.ask('touch')
    await comeAndGo(path)

    expect(await holder.ask('putTwoAtOnce', 'after')).toMatchObject({ value: ['store.detached', 'store.detached'] })

    // `before`, and what the other one has written.
    expect(await toysIn(path)).toBe(2)
  })

  it.runIf(isShown)('acknowledges nothing from that moment on, before any harm is done', async () => {
    const holder = await startHolder(toyPath())
    await holder.ask('touch')

    expect(await holder.ask('put', 'a')).toMatchObject({ code: 'store.detached', lost: 'lock' })
  })

  it('reads nothing more either, says so once, and is not let in again', async () => {
    const path = toyPath()
    const holder = await startHolder(path)
    await holder.ask('touch')
    await comeAndGo(path)
    await holder.ask('put', 'a')

    expect(await holder.ask('put', 'b')).toMatchObject({ code: 'store.detached' })
    expect(await holder.ask('get', 'a')).toMatchObject({ code: 'store.detached' })
    expect(await holder.ask('open')).toMatchObject({ code: 'store.detached' })
    expect(await holder.ask('heard')).toEqual({
      value: { reasons: ['store.detached'], warnings: ['store.detached'] },
    })
  })

  it.runIf(isShown)('is told that a transaction of its own was rolled back', async () => {
    const path = toyPath()
    const holder = await startHolder(path)

    expect(await holder.ask('transact', 'a')).toMatchObject({ code: 'store.detached' })

    expect(await toysIn(path)).toBe(0)
  })

  it.each(SHAPES)('leaves what others have written since untouched, closing and ending: %o', async (shape) => {
    const path = toyPath()
    const holder = await startHolder(path, shape)
    await holder.ask('put', 'before')
    await holder.ask('touch')
    await comeAndGo(path)
    await holder.ask('put', 'after')
    // Killed: its WAL is all that has what it wrote.
    const killed = startToyProcess(path, 'idleOn')
    await killed.line('idle')
    killed.child.kill('SIGKILL')
    await killed.ended
    const wal = statSync(`${path}-wal`).ino

    await holder.ask('close')
    expect(await holder.end()).toBe(7)

    expect(existsSync(`${path}-wal`) && statSync(`${path}-wal`).ino).toBe(wal)
    expect(await toysIn(path)).toBe(3)
  })
})

describe('a process whose files were removed or replaced by hand', () => {
  it('acknowledges nothing without its WAL: the commit under way is unknown', async () => {
    const path = toyPath()
    const holder = await startHolder(path)
    rmSync(`${path}-wal`)

    expect(await holder.ask('put', 'a')).toMatchObject({ code: 'store.outcome_unknown', lost: 'log' })
    expect(await holder.ask('put', 'b')).toMatchObject({ code: 'store.detached', lost: 'log' })
  })

  it('acknowledges nothing once the file has another name', async () => {
    const path = toyPath()
    const holder = await startHolder(path)
    renameSync(path, `${path}-aside`)

    expect(await holder.ask('put', 'a')).toMatchObject({ code: 'store.outcome_unknown', lost: 'file' })
    expect(await holder.ask('get', 'a')).toMatchObject({ code: 'store.detached', lost: 'file' })
  })
})
