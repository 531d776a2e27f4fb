import { describe, expect, it } from 'vitest'
import type { BellFile } from '../../src/sqlite/bell/bell-file.js'
import { BELL_POLL_MS, BellWatch } from '../../src/sqlite/bell/bell-watch.js'
import type { StoreWarning } from '../../src/store.js'
import { fakeTimers } from '../support/fake-timers.js'

/** A bell that a test rings, replaces and takes away. */
class FakeBell implements BellFile {
  identity = 'first'
  /** Thrown by whatever is tried with the bell. */
  unidentifiable: Error | undefined
  unwatchable: Error | undefined
  readonly watches = new Set<{
    readonly of: string
    readonly onRing: () => void
    readonly onLost: (e: unknown) => void
  }>()

  identify(): string {
    if (this.unidentifiable) throw this.unidentifiable
    return this.identity
  }

  watch(onRing: () => void, onLost: (error: unknown) => void): { close(): void } {
    if (this.unwatchable) throw this.unwatchable
    const watch = { of: this.identity, onRing, onLost }
    this.watches.add(watch)
    return { close: () => void this.watches.delete(watch) }
  }

  /** A ring reaches those who watch the file that has the name now. */
  ring(): void {
    for (const { of, onRing } of this.watches) if (of === this.identity) onRing()
  }

  forbid(error: Error): void {
    this.unidentifiable = error
  }

  lose(error: unknown): void {
    for (const { onLost } of this.watches) onLost(error)
  }
}

const listen = () => {
  const bell = new FakeBell()
  const timers = fakeTimers()
  const warnings: StoreWarning[] = []
  const heard = { rings: 0 }
  const watch = new BellWatch({
    file: bell,
    timers,
    onRing: () => {
      heard.rings += 1
    },
    onWarning: (warning) => void warnings.push(warning),
  })
  return { bell, timers, warnings, heard, watch }
}

const noWatchesLeft = Object.assign(new Error('ENOSPC: System limit for number of file watchers reached'), {
  code: 'ENOSPC',
})

describe('a bell that is watched', () => {
  it('is heard from the moment that start() returns', () => {
    const { bell, heard, watch } = listen()
    bell.ring()
    watch.start()

    bell.ring()

    expect(heard.rings).toBe(1)
  })

  it('rings for nobody while nothing happens, however long', () => {
    const { timers, heard, watch, warnings } = listen()
    watch.start()

    timers.advance(60_000)

    expect(heard.rings).toBe(0)
    expect(warnings).toEqual([])
  })

  it('is found again within a poll when it was replaced, and what was missed is made up for', () => {
    const { bell, timers, heard, watch } = listen()
    watch.start()
    bell.identity = 'second'
    bell.ring()
    expect(heard.rings).toBe(0)

    timers.advance(BELL_POLL_MS)
    expect(heard.rings).toBe(1)
    bell.ring()

    expect(heard.rings).toBe(2)
    expect([...bell.watches].map(({ of }) => of)).toEqual(['second'])
  })

  it('is watched anew after it was moved or deleted, also where its successor has the same number', () => {
    const { bell, timers, heard, watch, warnings } = listen()
    watch.start()

    bell.lose(undefined)
    expect(heard.rings).toBe(1)
    expect(bell.watches.size).toBe(0)
    timers.advance(BELL_POLL_MS)

    expect(bell.watches.size).toBe(1)
    expect(warnings).toEqual([])
  })

  it('is left alone after stop(), with no timer and no watch behind it', () => {
    const { bell, timers, heard, watch } = listen()
    watch.start()

    watch.stop()
    bell.ring()
    timers.advance(10 * BELL_POLL_MS)

    expect(heard.rings).toBe(0)
    expect(bell.watches.size).toBe(0)
    expect(timers.armed).toBe(0)
  })

  it('can be started again, and twice is once', () => {
    const { bell, timers, heard, watch } = listen()
    watch.start()
    watch.stop()

    watch.start()
    watch.start()
    bell.ring()

    expect(heard.rings).toBe(1)
    expect(bell.watches.size).toBe(1)
    expect(timers.armed).toBe(1)
  })
})

describe('a bell that can not be watched', () => {
  it('is replaced by polls, and that is reported once', () => {
    const { bell, timers, heard, watch, warnings } = listen()
    bell.unwatchable = noWatchesLeft

    watch.start()
    timers.advance(3 * BELL_POLL_MS)

    expect(heard.rings).toBe(3)
    expect(warnings).toEqual([
      {
        code: 'bell.unwatched',
        message: `the bell can't be watched, so new work of other processes is found by polling: ${noWatchesLeft.message}`,
        details: { reason: noWatchesLeft.message, pollMs: BELL_POLL_MS },
      },
    ])
  })

  it('is watched as soon as that works, and polled no longer', () => {
    const { bell, timers, heard, watch } = listen()
    bell.unwatchable = noWatchesLeft
    watch.start()
    timers.advance(BELL_POLL_MS)

    bell.unwatchable = undefined
    timers.advance(BELL_POLL_MS)
    expect(heard.rings).toBe(2)
    timers.advance(10 * BELL_POLL_MS)

    expect(heard.rings).toBe(2)
    bell.ring()
    expect(heard.rings).toBe(3)
  })

  it.each([
    ['made', (bell: FakeBell) => bell.forbid(new Error('EACCES'))],
    ['watched any longer', (bell: FakeBell) => bell.lose(new Error('EMFILE'))],
  ])('because it can not be %s costs at most a poll', (_, hurt) => {
    const { bell, timers, heard, watch, warnings } = listen()
    watch.start()

    hurt(bell)
    bell.unwatchable = noWatchesLeft
    const before = heard.rings
    timers.advance(2 * BELL_POLL_MS)

    expect(heard.rings - before).toBe(2)
    expect(warnings.map(({ code }) => code)).toEqual(['bell.unwatched'])
  })
})

describe('whoever arms, then looks, then sleeps', () => {
  /** Between any two of these, somebody commits work and rings. */
  const STEPS = ['before arming', 'between arming and looking', 'between looking and sleeping', 'while asleep'] as const

  it.each(STEPS)('misses no work that is committed %s', (moment) => {
    const { bell, heard, watch } = listen()
    let hasWork = false
    let hasSeen = false
    const at = (step: (typeof STEPS)[number]): void => {
      if (step !== moment) return
      hasWork = true
      bell.ring()
    }
    const look = (): void => {
      hasSeen ||= hasWork
    }

    at('before arming')
    watch.start()
    at('between arming and looking')
    look()
    const rungBeforeSleep = heard.rings
    at('between looking and sleeping')
    at('while asleep')
    // A sleeper is woken by any ring since it looked.
    if (heard.rings > rungBeforeSleep) look()

    expect(hasSeen).toBe(true)
  })
})
