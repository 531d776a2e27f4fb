import { existsSync, statSync, utimesSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { CheckpointTurn, isCheckpointWanted, signalPathOf } from '../../src/sqlite/wal/checkpoint-wanted.js'
import { toyPath } from '../support/open-toy-store.js'

/** As if whoever gave the signal had been killed, or been stopped for long. */
const goStale = (path: string): void => {
  const signal = signalPathOf(path)
  utimesSync(signal, statSync(signal).atimeMs / 1_000, 1)
}

describe('the turn to run a WAL checkpoint', () => {
  it('is one process’s at a time, and readers are told while it lasts', () => {
    const path = toyPath()
    const turn = CheckpointTurn.take(path)

    expect(CheckpointTurn.take(path)).toBeUndefined()
    expect(isCheckpointWanted(path)).toBe(true)
    turn?.end()
    expect(isCheckpointWanted(path)).toBe(false)
    expect(CheckpointTurn.take(path)).toBeDefined()
  })

  it('leaves nothing behind', () => {
    const path = toyPath()

    CheckpointTurn.take(path)?.end()

    expect(existsSync(signalPathOf(path))).toBe(false)
  })

  it('is taken over from a process that was killed in it, and readers don’t wait for that', () => {
    const path = toyPath()
    CheckpointTurn.take(path)
    goStale(path)

    expect(isCheckpointWanted(path)).toBe(false)
    expect(CheckpointTurn.take(path)).toBeDefined()
  })

  it('lasts for as long as it is renewed', () => {
    const path = toyPath()
    const turn = CheckpointTurn.take(path)
    goStale(path)

    turn?.renew()

    expect(isCheckpointWanted(path)).toBe(true)
    expect(CheckpointTurn.take(path)).toBeUndefined()
  })

  it('is not given back by a process that has lost it', () => {
    const path = toyPath()
    const lost = CheckpointTurn.take(path)
    goStale(path)
    CheckpointTurn.take(path)

    lost?.renew()
    lost?.end()

    expect(isCheckpointWanted(path)).toBe(true)
  })

  it('is nobody’s, and stops nobody, when the clock was set back', () => {
    const path = toyPath()
    CheckpointTurn.take(path)
    const tomorrow = Date.now() / 1_000 + 86_400
    utimesSync(signalPathOf(path), tomorrow, tomorrow)

    expect(isCheckpointWanted(path)).toBe(false)
    expect(CheckpointTurn.take(path)).toBeDefined()
  })
})
