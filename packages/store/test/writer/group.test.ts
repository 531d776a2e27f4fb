import { sql } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { StoreBusyError } from '../../src/errors.js'
import { granted } from '../../src/operation.js'
import { beginImmediate } from '../../src/sqlite/begin.js'
import type { Connection } from '../../src/sqlite/connection.js'
import { type GroupOutcome, runGroup, type Submission } from '../../src/sqlite/group.js'
import { forgetMarkers, GroupMarker } from '../../src/sqlite/group-marker.js'
import { batched, type SqliteBinding, type SqliteModule, tableOf } from '../../src/sqlite/module.js'
import { openToyConnection, toyIds } from '../support/toy-connection.js'
import { sqlite } from '../support/toy-module.mjs'

// The built module's own type and ours are one type in two places.
const table = tableOf([sqlite as unknown as SqliteModule])

const put = (id: string): Submission => ({ name: 'toys.put', args: { id, value: 'v' } })
const submission = (name: string, args: object): Submission => ({ name, args })

const run = (connection: Connection, group: readonly Submission[], marker?: GroupMarker): GroupOutcome =>
  runGroup(connection, table, group, {
    begin: () => beginImmediate(connection, 0),
    ...(marker && { marker }),
  })

const answers = ({ verdicts }: GroupOutcome): string[] =>
  verdicts.map((verdict) => (verdict.ok ? 'granted' : verdict.refusal.code))

/** The same connection, with `exec` of one text replaced. */
const withExec = (connection: Connection, text: string, exec: (run: () => void) => void): Connection =>
  Object.create(connection, {
    exec: { value: (sql: string) => (sql === text ? exec(() => connection.exec(sql)) : connection.exec(sql)) },
  })

const sqliteError = (rawCode: number, message: string): Error => Object.assign(new Error(message), { rawCode })
const IOERR_FSYNC = 1034
const FULL = 13
const BUSY = 5

describe('a group', () => {
  it('commits all of its operations in one transaction, and answers in order', () => {
    const connection = openToyConnection()
    let begun = 0
    const counting = withExec(connection, 'BEGIN IMMEDIATE', (begin) => {
      begun += 1
      begin()
    })

    const outcome = run(counting, [put('a'), put('b'), put('c')])

    expect(outcome).toMatchObject({ groupSize: 3, ranAlone: false })
    expect(outcome.verdicts.map((verdict) => verdict.ok && verdict.value)).toEqual([
      { id: 'a' },
      { id: 'b' },
      { id: 'c' },
    ])
    expect(begun).toBe(1)
    expect(connection.inTransaction).toBe(false)
  })

  it('is cut when others wait for the lock: what ran is committed, and the rest did not run', () => {
    const connection = openToyConnection()
    let ran = 0

    const outcome = runGroup(connection, table, [put('a'), put('b'), put('c'), put('d')], {
      begin: () => beginImmediate(connection, 0),
      mustLetGo: () => ++ran === 3,
    })

    expect(outcome).toMatchObject({ groupSize: 3, ranAlone: false, notRun: 1 })
    expect(answers(outcome)).toEqual(['granted', 'granted', 'granted'])
    expect(toyIds(connection)).toEqual(['a', 'b', 'c'])
    expect(connection.inTransaction).toBe(false)
  })

  it('is not cut after its last operation', () => {
    const connection = openToyConnection()

    const outcome = runGroup(connection, table, [put('a')], {
      begin: () => beginImmediate(connection, 0),
      mustLetGo: () => true,
    })

    expect(outcome.groupSize).toBe(1)
    expect(outcome).not.toHaveProperty('notRun')
  })

  describe('with neighbours that ask for the same', () => {
    /** The toys' table, in which `put` has a way for many. */
    const withBatch = (prepareBatch: NonNullable<SqliteBinding['prepareBatch']>) => {
      const put = table.get('toys.put')
      if (!put) throw new Error('toys.put is bound')
      return new Map([...table, ['toys.put', batched(put, prepareBatch)]])
    }
    const runWith = (connection: Connection, bindings: typeof table, group: readonly Submission[]): GroupOutcome =>
      runGroup(connection, bindings, group, { begin: () => beginImmediate(connection, 0) })

    it('runs them at once, up to the next operation of another kind', () => {
      const connection = openToyConnection()
      const batches: string[][] = []
      const bindings = withBatch((db) => (calls: readonly { id: string }[]) => {
        batches.push(calls.map(({ id }) => id))
        for (const { id } of calls) db.run(sql`insert into toys (id, value) values (${id}, 'v')`)
        return calls.map(({ id }) => granted({ id }))
      })
      const other = submission('toys.put_pair', { ids: ['x', 'y'] })

      const outcome = runWith(connection, bindings, [put('a'), put('b'), other, put('c'), put('d'), put('e'), other])

      expect(batches).toEqual([
        ['a', 'b'],
        ['c', 'd', 'e'],
      ])
      expect(answers(outcome)).toEqual([...Array(6).fill('granted'), 'store.constraint'])
      expect(toyIds(connection)).toEqual(['a', 'b', 'x', 'y', 'c', 'd', 'e'])
    })

    it('runs each alone where one of them needs an answer of its own', () => {
      const connection = openToyConnection()
      const bindings = withBatch(() => () => undefined)

      const outcome = runWith(connection, bindings, [put('a'), put('a'), put('b')])

      expect(answers(outcome)).toEqual(['granted', 'store.constraint', 'granted'])
      expect(toyIds(connection)).toEqual(['a', 'b'])
    })

    it('leaves one without neighbours to its own statements', () => {
      const connection = openToyConnection()
      const bindings = withBatch(() => () => {
        throw new Error('one alone is no batch')
      })

      expect(answers(runWith(connection, bindings, [put('a')]))).toEqual(['granted'])
    })

    it('runs the group again one by one when the batch throws, and nothing of it stays', () => {
      const connection = openToyConnection()
      const bindings = withBatch((db) => () => {
        db.run(sql`insert into toys (id, value) values ('half', 'v')`)
        throw new Error('a defect of the binding')
      })

      const outcome = runWith(connection, bindings, [put('a'), put('b')])

      expect(outcome).toMatchObject({ ranAlone: true })
      expect(answers(outcome)).toEqual(['granted', 'granted'])
      expect(toyIds(connection)).toEqual(['a', 'b'])
    })
  })

  it('lets a constraint undo its own operation only', () => {
    const connection = openToyConnection()

    const outcome = run(connection, [put('a'), put('a'), put('b')])

    expect(answers(outcome)).toEqual(['granted', 'store.constraint', 'granted'])
    expect(toyIds(connection)).toEqual(['a', 'b'])
  })

  it('undoes the first statements of an operation whose later one fails', () => {
    const connection = openToyConnection()

    const outcome = run(connection, [put('b'), submission('toys.put_pair', { ids: ['a', 'b'] }), put('c')])

    expect(answers(outcome)).toEqual(['granted', 'store.constraint', 'granted'])
    expect(toyIds(connection)).toEqual(['b', 'c'])
  })

  it('undoes what an operation wrote before it refused', () => {
    const connection = openToyConnection()

    const outcome = run(connection, [put('a'), submission('toys.put_and_refuse', { id: 'b' })])

    expect(answers(outcome)).toEqual(['granted', 'toys.refused'])
    expect(toyIds(connection)).toEqual(['a'])
  })

  it('runs again one by one when a binding threw after it wrote, so that nothing failed is applied', () => {
    const connection = openToyConnection()

    const outcome = run(connection, [put('a'), submission('toys.put_and_throw', { id: 'b' }), put('c')])

    expect(answers(outcome)).toEqual(['granted', 'store.invariant', 'granted'])
    expect(outcome).toMatchObject({ ranAlone: true, groupSize: 1 })
    expect(toyIds(connection)).toEqual(['a', 'c'])
  })

  it('refuses an operation that has no binding, and runs its neighbours', () => {
    const connection = openToyConnection()

    const outcome = run(connection, [submission('toys.unknown', {}), put('a')])

    expect(answers(outcome)).toEqual(['store.operation_unknown', 'granted'])
  })

  it('answers busy to all, and runs nothing, when it never gets the lock', () => {
    const connection = openToyConnection()

    const outcome = runGroup(connection, table, [put('a'), put('b')], {
      begin: () => {
        throw new StoreBusyError('held by somebody else')
      },
    })

    expect(answers(outcome)).toEqual(['store.busy', 'store.busy'])
    expect(toyIds(connection)).toEqual([])
  })
})

describe('a group that is run again one by one', () => {
  it('waits for a lock that others keep once, not once for each operation', () => {
    const connection = openToyConnection()
    let begun = 0

    const { verdicts } = runGroup(
      connection,
      table,
      [put('a'), submission('toys.put_and_throw', { id: 'b' }), put('c')],
      {
        begin: () => {
          begun += 1
          // Taken the first time, and for the first of those that are run alone.
          if (begun > 2) throw new StoreBusyError('held by somebody else')
          beginImmediate(connection, 0)
        },
      },
    )

    expect(verdicts.map((verdict) => verdict.ok || verdict.refusal.code)).toEqual([true, 'store.busy', 'store.busy'])
    expect(begun).toBe(3)
    expect(toyIds(connection)).toEqual(['a'])
  })
})

describe('a COMMIT that fails', () => {
  it('is an answer when the disk was full: everybody is tried alone, and only who still fails is refused', () => {
    const connection = openToyConnection()
    let commits = 0
    const fullAtFirst = withExec(connection, 'COMMIT', (commit) => {
      commits += 1
      if (commits > 1) return commit()
      connection.exec('ROLLBACK')
      throw sqliteError(FULL, 'database or disk is full')
    })

    const outcome = run(fullAtFirst, [put('a'), put('b')])

    expect(answers(outcome)).toEqual(['granted', 'granted'])
    expect(outcome.ranAlone).toBe(true)
    expect(toyIds(connection)).toEqual(['a', 'b'])
  })

  it('is an answer when it was busy: rolled back, and nothing is applied', () => {
    const connection = openToyConnection()
    const busy = withExec(connection, 'COMMIT', () => {
      throw sqliteError(BUSY, 'database is locked')
    })

    const outcome = run(busy, [put('a'), put('b')])

    expect(answers(outcome)).toEqual(['store.busy', 'store.busy'])
    expect(toyIds(connection)).toEqual([])
    expect(connection.inTransaction).toBe(false)
  })

  it('is granted when the disk failed but the marker shows that the group landed', () => {
    const connection = openToyConnection()
    const marker = new GroupMarker(connection, 'p-1')
    let commits = 0
    const landsAndFails = withExec(connection, 'COMMIT', (commit) => {
      commits += 1
      commit()
      if (commits === 1) throw sqliteError(IOERR_FSYNC, 'disk I/O error')
    })

    const outcome = run(landsAndFails, [put('a'), put('b')], marker)

    expect(answers(outcome)).toEqual(['granted', 'granted'])
    expect(toyIds(connection)).toEqual(['a', 'b'])
  })

  it('is refused when the disk failed and the marker shows that nothing landed', () => {
    const connection = openToyConnection()
    const marker = new GroupMarker(connection, 'p-1')
    run(connection, [put('earlier')], marker)
    let commits = 0
    const failsFirst = withExec(connection, 'COMMIT', (commit) => {
      commits += 1
      if (commits > 1) return commit()
      connection.exec('ROLLBACK')
      throw sqliteError(IOERR_FSYNC, 'disk I/O error')
    })

    const outcome = run(failsFirst, [put('a')], marker)

    expect(answers(outcome)).toEqual(['store.io'])
    expect(toyIds(connection)).toEqual(['earlier'])
  })

  it('is of unknown outcome when the disk fails the look as well', () => {
    const connection = openToyConnection()
    const marker = new GroupMarker(connection, 'p-1')
    const failsAlways = withExec(connection, 'COMMIT', () => {
      connection.exec('ROLLBACK')
      throw sqliteError(IOERR_FSYNC, 'disk I/O error')
    })

    expect(answers(run(failsAlways, [put('a')], marker))).toEqual(['store.outcome_unknown'])
  })
})

describe('the group marker', () => {
  it('is not written by a group that changed nothing, which stays free of a page and an fsync', () => {
    const connection = openToyConnection()
    const marker = new GroupMarker(connection, 'p-1')
    const written = () => connection.prepare('SELECT value FROM store_properties').get()
    run(connection, [put('a')], marker)
    const before = written()

    const outcome = run(connection, [put('a')], marker)

    expect(answers(outcome)).toEqual(['store.constraint'])
    expect(written()).toEqual(before)
  })

  it('of a process that no longer lives is removed, others stay', () => {
    const connection = openToyConnection()
    for (const id of ['dead', 'alive']) run(connection, [put(id)], new GroupMarker(connection, id))

    forgetMarkers(connection, (id) => id === 'alive')

    expect(connection.prepare('SELECT name FROM store_properties').all()).toEqual([{ name: 'group_marker:alive' }])
  })

  it('never takes the marker of an earlier process of the same id for its own', () => {
    const connection = openToyConnection()
    run(connection, [put('a')], new GroupMarker(connection, 'p-1'))

    expect(new GroupMarker(connection, 'p-1').isThere()).toBe(false)
  })
})
