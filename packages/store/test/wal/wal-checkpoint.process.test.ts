import { statSync } from 'node:fs'
import { openDatabase } from '@holdfast/store/sqlite'
import { describe, expect, it } from 'vitest'
import { openToyStore, toyPath } from '../support/open-toy-store.js'
import { startToyProcess, type ToyProcess } from '../support/start-toy-process.js'
import { put, putLarge } from '../support/toy-module.mjs'

const MEGABYTE = 1_048_576

const acknowledged = ({ lines }: ToyProcess): string[] =>
  lines.flatMap((line) => ('acknowledged' in line ? [String(line.acknowledged)] : []))

const idsIn = (path: string): string[] => {
  const connection = openDatabase({ path, role: 'reader' })
  const ids = connection
    .prepare('SELECT id FROM toys')
    .all()
    .map(({ id }) => String(id))
  expect(connection.pragma('integrity_check')).toBe('ok')
  connection.close()
  return ids
}

/** How large the WAL ever was while `until` was under way. */
const largestWal = async (path: string, until: Promise<unknown>): Promise<number> => {
  let largest = 0
  const look = setInterval(() => {
    largest = Math.max(largest, statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0)
  }, 5)
  await until
  clearInterval(look)
  return largest
}

describe('processes that write, beside others that read without a pause', () => {
  it('keep the WAL within its bound, and lose nothing, also when some of them are killed', async () => {
    const path = toyPath()
    const store = await openToyStore({ path, durability: 'none' })
    await store.submitAll(
      put,
      Array.from({ length: 500 }, (_, i) => ({ id: `small-${i}`, value: 'v' })),
    )
    const limits = { walCheckpointBytes: MEGABYTE }
    const pools = [{ readers: 2 }, { readers: 0 }]
    const readers = pools.map((options) => startToyProcess(path, 'readOn', JSON.stringify(options)))
    await Promise.all(readers.map(({ line }) => line('reads')))
    const pour = (name: string, megabytes: number) =>
      startToyProcess(path, 'pour', name, String(megabytes), JSON.stringify({ limits }))
    const [killed, survivor] = [pour('a', 1_000), pour('b', 16)]

    const largest = await largestWal(
      path,
      survivor.line('poured').then(() => {
        for (const process of [killed, ...readers.slice(1)]) process.child.kill('SIGKILL')
      }),
    )
    expect(largest).toBeGreaterThan(MEGABYTE)
    expect(largest).toBeLessThan(64 * MEGABYTE)

    await Promise.all([killed.ended, survivor.ended])
    const rest = Array.from({ length: 160 }, (_, n) => ({ id: `c-${n}`, kilobytes: 64 }))
    expect(await largestWal(path, Promise.all(rest.map((toy) => store.submit(putLarge, toy))))).toBeLessThan(
      64 * MEGABYTE,
    )
    expect(idsIn(path).filter((id) => /^[bc]-/.test(id))).toHaveLength(16 * 16 + rest.length)
  }, 60_000)

  it('let it grow while one stays in a snapshot, and have it small again when that one has gone', async () => {
    const path = toyPath()
    const store = await openToyStore({ path, durability: 'none', limits: { walCheckpointBytes: MEGABYTE } })
    const reader = openDatabase({ path, role: 'reader' })
    reader.exec('BEGIN; SELECT * FROM toys')
    const writer = startToyProcess(
      path,
      'pour',
      'a',
      '20',
      JSON.stringify({ limits: { walCheckpointBytes: MEGABYTE } }),
    )
    expect(await largestWal(path, writer.ended)).toBeGreaterThan(20 * MEGABYTE)

    reader.exec('ROLLBACK')
    reader.close()

    // Any process that writes now sees to it; nothing but a word is written here.
    await expect
      .poll(
        async () => {
          await store.submit(put, { id: `word-${performance.now()}`, value: 'v' })
          return statSync(`${path}-wal`).size
        },
        { timeout: 10_000, interval: 50 },
      )
      .toBeLessThan(9 * MEGABYTE)
  }, 25_000)
})

describe('two processes that write and run checkpoints on one file', () => {
  it('keep every operation that either was told of', async () => {
    const path = toyPath()
    await (await openToyStore({ path })).close()
    const processes = ['a', 'b'].map((prefix) => startToyProcess(path, 'write', prefix, '400'))

    expect(await Promise.all(processes.map(({ ended }) => ended))).toEqual([0, 0])

    expect(processes.map((process) => acknowledged(process).length)).toEqual([400, 400])
    expect(idsIn(path).sort()).toEqual(processes.flatMap(acknowledged).sort())
    // Some 10 MB went through it: it was begun anew many times.
    expect(statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0).toBeLessThan(4_000_000)
  }, 25_000)

  it('lose nothing that either was told of when one is killed among its checkpoints', async () => {
    const path = toyPath()
    await (await openToyStore({ path })).close()
    const [killed, survivor] = ['a', 'b'].map((prefix) => startToyProcess(path, 'write', prefix, '300'))
    if (!killed || !survivor) throw new Error('two processes were started')
    await expect.poll(() => acknowledged(killed).length, { timeout: 15_000 }).toBeGreaterThan(100)

    killed.child.kill('SIGKILL')

    expect(await killed.ended).toBe('SIGKILL')
    expect(await survivor.ended).toBe(0)
    const ids = new Set(idsIn(path))
    const told = [killed, survivor].flatMap(acknowledged)
    expect(told.filter((id) => !ids.has(id))).toEqual([])
    // What the killed one had submitted and not heard of may be there as well.
    expect(ids.size - told.length).toBeLessThanOrEqual(4)
  }, 25_000)
})
