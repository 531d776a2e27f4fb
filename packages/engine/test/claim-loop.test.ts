import { describe, expect, it, onTestFinished } from 'vitest'
import { FIRST_POLL_MS, FRUITLESS_PASSES, RING_SPACING_MS } from '../src/defaults.js'
import { ClaimLoop } from '../src/worker/claim-loop.js'
import { PollPace } from '../src/worker/poll-pace.js'
import { fakeTime } from './fake-time.js'

const POLL_MS = 500

interface Passes {
  count: number
}

/** A loop whose passes do what the test says; without a word they find nothing. */
const loopOf = (
  fill: () => Promise<boolean> = async () => false,
  dueInMs: () => number | undefined = () => undefined,
) => {
  const time = fakeTime()
  const passes: Passes = { count: 0 }
  const errors: unknown[] = []
  const loop = new ClaimLoop({
    fill: () => {
      passes.count += 1
      return fill()
    },
    dueInMs,
    pace: new PollPace(FIRST_POLL_MS, POLL_MS, () => 1),
    timers: time,
    onError: (error) => errors.push(error),
  })
  onTestFinished(() => loop.stop())
  return { loop, time, passes, errors }
}

/** Enough looks without a find, so that rings are taken to be about others' work. */
const makeFruitless = async ({ loop, time }: ReturnType<typeof loopOf>): Promise<void> => {
  for (let i = 0; i < FRUITLESS_PASSES; i++) {
    loop.look()
    await time.advance(0)
  }
}

describe('a loop that sleeps', () => {
  it('looks at once when the bell rings', async () => {
    const { loop, time, passes } = loopOf()
    loop.start()
    await time.advance(1)
    expect(passes.count).toBe(1)

    loop.hear()
    await time.advance(0)

    expect(passes.count).toBe(2)
  })

  it('looks by itself when the longest wait is over', async () => {
    const { loop, time, passes } = loopOf()
    loop.start()

    await time.advance(POLL_MS)

    expect(passes.count).toBe(2)
  })

  it('wakes when something scheduled becomes due', async () => {
    const { loop, time, passes } = loopOf(undefined, () => 70)
    loop.start()

    await time.advance(69)
    expect(passes.count).toBe(1)
    await time.advance(1)

    expect(passes.count).toBe(2)
  })

  it('goes on at once, not in a circle, while more is due than one claim promotes', async () => {
    let due = 5
    const { loop, time, passes } = loopOf(
      async () => {
        due -= 1
        return false
      },
      () => (due > 0 ? 0 : undefined),
    )
    loop.start()

    await time.advance(20)

    expect(passes.count).toBe(5)
  })

  it('waits longer and longer after passes that failed, however much is due', async () => {
    const { loop, time, passes, errors } = loopOf(
      () => Promise.reject(new Error('disk full')),
      () => 0,
    )
    loop.start()

    await time.advance(FIRST_POLL_MS - 1)
    expect(passes.count).toBe(1)
    await time.advance(1)
    expect(passes.count).toBe(2)
    await time.advance(2 * FIRST_POLL_MS - 1)

    expect(passes.count).toBe(2)
    expect(errors).toHaveLength(2)
  })

  it('hears nothing before its start and after its stop', async () => {
    const { loop, time, passes } = loopOf()
    loop.hear()
    await time.advance(10)
    expect(passes.count).toBe(0)
    loop.start()
    await time.advance(1)

    await loop.stop()
    loop.hear()
    await time.advance(10 * POLL_MS)

    expect(passes.count).toBe(1)
  })
})

describe('a ring', () => {
  /** A pass as it goes: it looks at what there is, and its answer takes a while. */
  const STEPS = ['before the look', 'after the look', 'after the answer', 'asleep'] as const

  it.each([...STEPS.map((step) => ({ step, isQuiet: false })), ...STEPS.map((step) => ({ step, isQuiet: true }))])(
    'that comes $step is not missed (many rings for others: $isQuiet)',
    async ({ step, isQuiet }) => {
      let hasWork = false
      let hasFound = false
      let isArmed = false
      const ring = (): void => {
        hasWork = true
        parts.loop.hear()
      }
      const at = (moment: (typeof STEPS)[number]): void => {
        if (!isArmed || moment !== step) return
        isArmed = false
        ring()
      }
      const parts = loopOf(async () => {
        at('before the look')
        const sees = hasWork
        at('after the look')
        await new Promise((resolve) => setImmediate(resolve))
        at('after the answer')
        hasFound ||= sees
        return sees
      })
      const { loop, time } = parts
      loop.start()
      await time.advance(1)
      if (isQuiet) await makeFruitless(parts)

      isArmed = true
      loop.look()
      await time.advance(0)
      if (step === 'asleep') at('asleep')
      await time.advance(RING_SPACING_MS)

      expect(hasFound).toBe(true)
    },
  )

  it('during a pass is followed by one more, however many there are', async () => {
    const parts = loopOf(async () => {
      if (parts.passes.count === 1) for (let i = 0; i < 100; i++) parts.loop.hear()
      return false
    })

    parts.loop.start()
    await parts.time.advance(1)

    expect(parts.passes.count).toBe(2)
  })

  it('for others, again and again, costs a look every few milliseconds and no more', async () => {
    const parts = loopOf()
    const { loop, time, passes } = parts
    loop.start()
    await time.advance(1)
    await makeFruitless(parts)
    const before = passes.count

    for (let ms = 0; ms < 100; ms++) {
      for (let i = 0; i < 10; i++) loop.hear()
      await time.advance(1)
    }

    expect(passes.count - before).toBeGreaterThanOrEqual(100 / RING_SPACING_MS - 1)
    expect(passes.count - before).toBeLessThanOrEqual(100 / RING_SPACING_MS + 1)
  })

  it('is taken at once again after the first that was for this worker', async () => {
    let isOurs = false
    const parts = loopOf(async () => isOurs)
    const { loop, time, passes } = parts
    loop.start()
    await time.advance(1)
    await makeFruitless(parts)
    isOurs = true
    loop.hear()
    await time.advance(RING_SPACING_MS)
    const before = passes.count

    loop.hear()
    await time.advance(0)

    expect(passes.count).toBe(before + 1)
  })
})
