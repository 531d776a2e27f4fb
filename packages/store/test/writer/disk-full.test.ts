// A full disk, made by `PRAGMA max_page_count`: SQLite then answers SQLITE_FULL just where it would on a full disk, on
// every system and without rights to mount one. (On a 2 MB tmpfs the same holds.)
import { describe, expect, it } from 'vitest'
import { beginImmediate } from '../../src/sqlite/begin.js'
import type { Connection } from '../../src/sqlite/connection.js'
import { runGroup, type Submission } from '../../src/sqlite/group.js'
import { type SqliteModule, tableOf } from '../../src/sqlite/module.js'
import { openToyConnection, toyIds } from '../support/toy-connection.js'
import { sqlite } from '../support/toy-module.mjs'

// The built module's own type and ours are one type in two places.
const table = tableOf([sqlite as unknown as SqliteModule])

const run = (connection: Connection, group: readonly Submission[]) =>
  runGroup(connection, table, group, { begin: () => beginImmediate(connection, 0) })

const small = (id: string): Submission => ({ name: 'toys.put', args: { id, value: 'v' } })
const large = (id: string, kilobytes: number): Submission => ({ name: 'toys.put_large', args: { id, kilobytes } })
const pair = (ids: readonly string[]): Submission => ({ name: 'toys.put_pair', args: { ids } })

/** Leaves room for `pages` more pages of 4 KB. */
const leaveRoom = (connection: Connection, pages: number): void => {
  const used = Number(connection.pragma('page_count'))
  connection.exec(`PRAGMA max_page_count = ${used + pages}`)
}

const idsOf = ({ args }: Submission): readonly string[] => {
  const { id, ids } = args as { id?: string; ids?: readonly string[] }
  return ids ?? [id ?? '']
}

describe.each([
  ['a roomy cache', -16_384],
  // The cache spills while the group runs, so SQLite writes, and meets the full disk, in the middle of it.
  ['a tiny cache', 5],
])('a full disk in the middle of a group, with %s', (_, cacheSize) => {
  it('fails the large operation alone; its neighbours are granted and kept', () => {
    const connection = openToyConnection()
    connection.exec(`PRAGMA cache_size = ${cacheSize}`)
    leaveRoom(connection, 20)

    const { verdicts, ranAlone } = run(connection, [small('a'), pair(['b', 'c']), large('d', 400), small('e')])

    expect(verdicts.map((verdict) => verdict.ok || verdict.refusal.code)).toEqual([true, true, 'store.disk_full', true])
    expect(ranAlone).toBe(true)
    expect(toyIds(connection)).toEqual(['a', 'b', 'c', 'e'])
    expect(connection.inTransaction).toBe(false)
  })

  it('keeps every operation it acknowledged and nothing that it refused, until nothing fits at all', () => {
    const connection = openToyConnection()
    connection.exec(`PRAGMA cache_size = ${cacheSize}`)
    leaveRoom(connection, 100)

    const expected: string[] = []
    let refused = 0
    for (let g = 0; g < 40; g += 1) {
      const group = [small(`s${g}`), large(`l${g}`, 24), pair([`p${g}`, `q${g}`]), large(`m${g}`, 9), small(`t${g}`)]
      const { verdicts } = run(connection, group)
      group.forEach((submission, i) => {
        const verdict = verdicts[i]
        if (verdict?.ok) expected.push(...idsOf(submission))
        else refused += verdict?.refusal.code === 'store.disk_full' ? 1 : Number.NaN
      })
    }

    expect(refused).toBeGreaterThan(20)
    expect(toyIds(connection).sort()).toEqual(expected.sort())
    expect(connection.pragma('integrity_check')).toBe('ok')
  })

  it('takes writes again when there is space', () => {
    const connection = openToyConnection()
    connection.exec(`PRAGMA cache_size = ${cacheSize}`)
    leaveRoom(connection, 5)
    expect(run(connection, [large('a', 100)]).verdicts).toMatchObject([{ refusal: { code: 'store.disk_full' } }])

    leaveRoom(connection, 200)

    expect(run(connection, [large('a', 100)]).verdicts).toMatchObject([{ ok: true }])
  })
})
