import { openDatabase, beginImmediate } from '@holdfast/store/sqlite'
import { statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openToyStore, toyPath } from '../support/open-toy-store.js'
import { startProcess, type ToyProcess } from '../support/start-toy-process.js'
import { count, put } from '../support/toy-module.mjs'

const SCRIPT = fileURLToPath(new URL('./lock-process.mjs', import.meta.url))
const start = (path: string, ...args: readonly string[]): ToyProcess => startProcess(SCRIPT, path, ...args)

/** A file with an empty table of toys. */
const toyFile = async (): Promise<string> => {
  const path = toyPath()
  const store = await openToyStore({ path })
  await store.close()
  return path
}

const connectionTo = (path: string) => {
  const connection = openDatabase({ path, role: 'writer' })
  onTestFinished(() => connection.close())
  return connection
}

const HOLD_MS = 5
const FOR_MS = 800

/** Commits of each, in the same time, begun together. */
const commitsOf = async (path: string, politeness: readonly ('polite' | 'greedy')[]): Promise<readonly number[]> => {
  const writers = politeness.map((how) => start(path, 'write', String(FOR_MS), String(HOLD_MS), how))
  for (const writer of writers) await writer.line('ready')
  for (const { child } of writers) child.stdin.end('go')
  return Promise.all(writers.map(async (writer) => Number((await writer.line('commits')).commits)))
}

const fairness = (commits: readonly number[]): number => Math.min(...commits) / Math.max(...commits)

describe('processes that write without a pause', () => {
  it.each([2, 4])('%i of them all get the lock again and again', async (size) => {
    const commits = await commitsOf(await toyFile(), new Array(size).fill('polite'))

    expect(fairness(commits), String(commits)).toBeGreaterThan(0.3)
  })

  it('would starve beside one that never leaves the lock to them', async () => {
    const commits = await commitsOf(await toyFile(), ['greedy', 'polite', 'polite'])

    expect(fairness(commits), String(commits)).toBeLessThan(0.3)
  })
})

describe('a waiter for the write lock', () => {
  it('that is killed keeps nobody from it', async () => {
    const path = await toyFile()
    const holder = connectionTo(path)
    beginImmediate(holder, 1_000)
    const killed = start(path, 'take', '60000')
    await killed.line('asking')
    await expect.poll(() => statSync(`${path}-want`, { throwIfNoEntry: false })).toBeDefined()
    const next = start(path, 'take', '60000')
    await next.line('asking')

    killed.child.kill('SIGKILL')
    await killed.ended
    holder.exec('ROLLBACK')

    await expect(next.line('taken')).resolves.toEqual({ taken: true })
    const startedMs = performance.now()
    for (let i = 0; i < 20; i += 1) {
      beginImmediate(holder, 1_000)
      holder.exec('ROLLBACK')
    }
    expect(performance.now() - startedMs).toBeLessThan(1_000)
  })

  it('is told store.busy after its time when whoever has the lock was stopped, and gets it when that one is gone', async () => {
    const path = await toyFile()
    const stopped = start(path, 'hold')
    await stopped.line('holding')
    stopped.child.kill('SIGSTOP')
    const waiting = connectionTo(path)
    const startedMs = performance.now()

    expect(() => beginImmediate(waiting, 200)).toThrow(
      expect.objectContaining({ code: 'store.busy', retryable: true, details: { waitedMs: 200 } }),
    )
    expect(performance.now() - startedMs).toBeGreaterThanOrEqual(200)

    stopped.child.kill('SIGKILL')
    await stopped.ended
    beginImmediate(waiting, 10_000)
    waiting.exec('ROLLBACK')
  })

  it.each(['thread', 'inline'] as const)('lets its event loop run meanwhile (%s)', async (writer) => {
    const path = await toyFile()
    const store = await openToyStore({ path, writer })
    const holder = start(path, 'hold')
    await holder.line('holding')
    let ticks = 0
    const timer = setInterval(() => (ticks += 1), 5)
    onTestFinished(() => clearInterval(timer))

    const written = store.submit(put, { id: 'a', value: 'v' })
    await expect.poll(() => ticks, { timeout: 20_000 }).toBeGreaterThan(30)
    holder.child.kill('SIGKILL')

    await written
    expect(await store.submit(count, {})).toEqual({ count: 1 })
  })

  it('gets its turn among writers that never pause, inline as well', async () => {
    const path = await toyFile()
    const store = await openToyStore({ path, writer: 'inline' })
    const writers = [0, 1].map(() => start(path, 'write', String(FOR_MS), String(HOLD_MS)))
    for (const writer of writers) await writer.line('ready')
    for (const { child } of writers) child.stdin.end('go')

    let written = 0
    const done = Promise.all(writers.map((writer) => writer.line('commits')))
    let isOver = false
    void done.then(() => (isOver = true))
    for (; !isOver; written += 1) await store.submit(put, { id: `inline-${written}`, value: 'v' })

    expect(written).toBeGreaterThan(10)
  })
})
