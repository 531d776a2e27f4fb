import { statSync } from 'node:fs'
import { openDatabase } from '@holdfast/store/sqlite'
import { describe, expect, it } from 'vitest'
import { openToyStore, toyPath } from '../support/open-toy-store.js'
import { startToyProcess, type ToyProcess } from '../support/start-toy-process.js'

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
