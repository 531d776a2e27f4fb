import { statSync } from 'node:fs'
import type { StoreWarning } from '@holdfast/store'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Connection } from '../../src/sqlite/connection.js'
import { openDatabase } from '../../src/sqlite/database.js'
import { GroupMarker } from '../../src/sqlite/group-marker.js'
import { isCheckpointWanted } from '../../src/sqlite/wal/checkpoint-wanted.js'
import { WalCheckpoint } from '../../src/sqlite/wal/wal-checkpoint.js'
import { readWalHeader, walReaches } from '../../src/sqlite/wal/wal-file.js'
import { type FakeTimers, fakeTimers } from '../support/fake-timers.js'
import { toyPath } from '../support/open-toy-store.js'
import { openToyConnection } from '../support/toy-connection.js'

const BOUND_BYTES = 100_000
/** Longer than all rounds of one cycle. */
const CYCLE_MS = 120
/** Longer than any rest between two cycles. */
const REST_MS = 600

interface Process {
  readonly writer: Connection
  readonly walCheckpoint: WalCheckpoint
  readonly timers: FakeTimers
  readonly warnings: readonly StoreWarning[]
}

/** What a process has for its WAL, on connections of its own. */
const processOn = (writer: Connection): Process => {
  const timers = fakeTimers()
  const warnings: StoreWarning[] = []
  const walCheckpoint = new WalCheckpoint({
    writer,
    marker: new GroupMarker(writer, `process-${performance.now()}`),
    thresholdBytes: BOUND_BYTES,
    openCheckpointer: () =>
      openDatabase({ path: writer.path, role: 'checkpointer', holdsWriteLock: () => writer.inTransaction }),
    timers,
    onWarning: (warning) => warnings.push(warning),
  })
  onTestFinished(() => walCheckpoint.close())
  return { writer, walCheckpoint, timers, warnings }
}

const writeTo = ({ writer }: Pick<Process, 'writer'>, bytes: number): void => {
  writer.prepare('INSERT INTO toys (id, value) VALUES (?, ?)').run(`toy-${performance.now()}`, 'x'.repeat(bytes))
}

/** Two processes on one file whose WAL is over its bound, and what stays of a reader in an old snapshot. */
const overItsBound = () => {
  const path = toyPath()
  const one = processOn(openToyConnection(path))
  const other = openDatabase({ path, role: 'writer' })
  onTestFinished(() => other.close())
  const two = processOn(other)
  const reader = openDatabase({ path, role: 'reader' })
  onTestFinished(() => reader.close())
  const readOn = (): void => reader.exec('BEGIN; SELECT * FROM toys')
  const isOver = (): boolean => walReaches(path, BOUND_BYTES)
  const begun = (): string | undefined => readWalHeader(path)?.salts
  return { path, one, two, reader, readOn, isOver, begun, databaseBytes: () => statSync(path).size }
}

describe('a WAL checkpoint', () => {
  it('is nothing to a process that finds the WAL below its bound', () => {
    const { path, one } = overItsBound()
    writeTo(one, 1_000)

    one.walCheckpoint.afterGroup()

    expect(isCheckpointWanted(path)).toBe(false)
    expect(one.timers.armed).toBe(0)
  })

  it('has the WAL begun anew at once where nobody reads, and leaves no signal and no timer', () => {
    const { path, one, isOver, begun } = overItsBound()
    writeTo(one, 2 * BOUND_BYTES)
    const before = begun()

    one.walCheckpoint.afterGroup()

    expect(isOver()).toBe(false)
    expect(begun()).not.toBe(before)
    expect(isCheckpointWanted(path)).toBe(false)
    expect(one.timers.armed).toBe(0)
  })

  it('is run by one of two processes that find the WAL over its bound; the other goes on', () => {
    const { one, two, reader, readOn, isOver, databaseBytes } = overItsBound()
    readOn()
    writeTo(one, 2 * BOUND_BYTES)
    one.walCheckpoint.afterGroup()
    reader.exec('ROLLBACK')
    const bytes = databaseBytes()

    two.walCheckpoint.afterGroup()

    expect(databaseBytes()).toBe(bytes)
    expect(isOver()).toBe(true)
    expect(two.timers.armed).toBe(0)
    one.timers.advance(CYCLE_MS)
    expect(isOver()).toBe(false)
    expect(databaseBytes()).toBeGreaterThan(bytes)
  })

  it('is no second one for a process whose turn comes after another has done it', () => {
    const { one, two, reader, readOn, begun } = overItsBound()
    readOn()
    writeTo(one, 2 * BOUND_BYTES)
    one.walCheckpoint.afterGroup()
    two.walCheckpoint.afterGroup()
    reader.exec('ROLLBACK')
    one.timers.advance(CYCLE_MS)
    const after = begun()

    two.timers.advance(CYCLE_MS)
    two.walCheckpoint.afterGroup()

    expect(begun()).toBe(after)
  })

  it('is gone through with by timers when nobody writes any more', () => {
    const { one, reader, readOn, isOver } = overItsBound()
    readOn()
    writeTo(one, 2 * BOUND_BYTES)
    one.walCheckpoint.afterGroup()
    one.timers.advance(1)
    expect(isOver()).toBe(true)

    reader.exec('ROLLBACK')
    one.timers.advance(CYCLE_MS)

    expect(isOver()).toBe(false)
    expect(one.timers.armed).toBe(0)
  })

  it('lets readers read on between two cycles, and is tried again soon after a long one has gone', () => {
    const { path, one, reader, readOn, isOver } = overItsBound()
    readOn()
    writeTo(one, 2 * BOUND_BYTES)
    one.walCheckpoint.afterGroup()
    expect(isCheckpointWanted(path)).toBe(true)

    one.timers.advance(10_000)
    const pauses = Array.from({ length: 100 }, () => {
      one.timers.advance(10)
      return isCheckpointWanted(path)
    }).filter(Boolean).length
    reader.exec('ROLLBACK')
    one.timers.advance(REST_MS + CYCLE_MS)

    expect(pauses).toBeLessThan(30)
    expect(isOver()).toBe(false)
    expect(one.warnings).toEqual([])
  })

  it('never runs while somebody else has the write lock', () => {
    const { one, two, isOver, databaseBytes } = overItsBound()
    writeTo(one, 2 * BOUND_BYTES)
    const bytes = databaseBytes()
    two.writer.exec('BEGIN IMMEDIATE')

    one.walCheckpoint.afterGroup()
    one.timers.advance(1_000)

    expect(databaseBytes()).toBe(bytes)
    two.writer.exec('COMMIT')
    one.timers.advance(REST_MS + CYCLE_MS)
    expect(isOver()).toBe(false)
    expect(databaseBytes()).toBeGreaterThan(bytes)
  })

  it('takes back its signal, and its timer, when the store closes in the middle of it', () => {
    const { path, one, readOn } = overItsBound()
    readOn()
    writeTo(one, 2 * BOUND_BYTES)
    one.walCheckpoint.afterGroup()

    one.walCheckpoint.close()

    expect(isCheckpointWanted(path)).toBe(false)
    expect(one.timers.armed).toBe(0)
  })
})
