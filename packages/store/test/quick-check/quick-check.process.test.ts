import type { Store, StoreError, StoreWarning, Verdict } from '@holdfast/store'
import { openStore } from '@holdfast/store/sqlite'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Submission } from '../../src/sqlite/group.js'
import { QuickCheck } from '../../src/sqlite/quick-check/quick-check.js'
import { overwriteTable, withoutWal } from '../support/damage.js'
import { type FakeTimers, fakeTimers } from '../support/fake-timers.js'
import { leaveLikeKilled } from '../support/leave-like-killed.js'
import { toyPath } from '../support/open-toy-store.js'

const madeFile = async (): Promise<string> => {
  const path = toyPath()
  const store = await openStore({ path, writer: 'inline' })
  await store.tasks.submit({ type: 'one', input: null })
  await store.close()
  return path
}

const opened = async (path: string) => {
  const store = await openStore({ path })
  onTestFinished(() => store.close())
  return store
}

describe('a store after a stop', () => {
  it('that was clean checks nothing', async () => {
    expect((await opened(await madeFile())).info().fileCheck).toBe('not_needed')
  })

  it('that was not clean is checked, and found sound', async () => {
    const path = await madeFile()
    await leaveLikeKilled(path)

    const store = await opened(path)

    await expect.poll(() => store.info().fileCheck, { timeout: 5_000 }).toBe('sound')
    expect(await store.tasks.list()).toMatchObject([{ type: 'one' }])
  })

  it('of a neighbour, while others live, checks nothing', async () => {
    const path = await madeFile()
    await opened(path)
    await leaveLikeKilled(path)

    expect((await opened(path)).info().fileCheck).toBe('not_needed')
  })

  it.each([{ writer: 'thread' as const }, { writer: 'inline' as const }])(
    'that was not clean, and left damage, takes no write: %o',
    async (options) => {
      const path = await withoutWal(await madeFile())
      await overwriteTable(path, 'work_items')
      await leaveLikeKilled(path)

      // Refused at the opening, or, where the machine is too busy to find it by then, at the writes that follow.
      const refusal = await openStore({ path, ...options }).then(refusedWrite, (error: unknown) => error)

      expect(refusal).toMatchObject({ code: 'store.corrupt', message: expect.stringContaining('work_items') })
    },
  )
})

const refusedWrite = async (store: Store): Promise<unknown> => {
  onTestFinished(() => store.close())
  await expect.poll(() => store.info().fileCheck, { timeout: 5_000 }).toBe('damaged')
  expect(await store.processes.list()).toHaveLength(1)
  return store.processes.stop('any').catch((error: unknown) => error)
}

/** A check whose reads a test answers. */
const check = (timers: FakeTimers = fakeTimers()) => {
  const asked: { submission: Submission; answer: (verdict: Verdict<unknown>) => void }[] = []
  const warnings: StoreWarning[] = []
  const damage: StoreError[] = []
  const quickCheck = new QuickCheck({
    read: (submission) => new Promise((answer) => asked.push({ submission, answer })),
    budgetMs: 10_000,
    timers,
    onDamage: (found) => damage.push(found),
    onWarning: (warning) => warnings.push(warning),
  })
  const answerNext = async (value: unknown) => {
    await expect.poll(() => asked.length).toBeGreaterThan(0)
    asked.shift()?.answer({ ok: true, value })
  }
  return { quickCheck, timers, asked, warnings, damage, answerNext }
}

describe('a check that takes longer than the start waits', () => {
  it('goes on beside the work, and says how it ended', async () => {
    const { quickCheck, timers, warnings, damage, answerNext } = check()
    const begun = quickCheck.begin()
    timers.advance(2_000)
    await begun

    expect(quickCheck.state).toBe('running')
    await answerNext(['tasks'])
    await answerNext([])

    await expect.poll(() => quickCheck.state).toBe('sound')
    expect(warnings).toMatchObject([{ code: 'file.checked', details: { state: 'sound' } }])
    expect(damage).toEqual([])
    expect(timers.armed).toBe(0)
  })

  it('stops writes once it finds damage', async () => {
    const { quickCheck, timers, warnings, damage, answerNext } = check()
    const begun = quickCheck.begin()
    timers.advance(2_000)
    await begun
    await answerNext(['tasks'])
    await answerNext(['row 7 missing from index tasks_by_id'])

    await expect.poll(() => damage).toMatchObject([{ code: 'store.corrupt' }])
    expect(warnings).toMatchObject([{ code: 'store.corrupt', message: expect.stringContaining('row 7 missing') }])
  })

  it('begins no table once its time is up', async () => {
    const { quickCheck, timers, asked, answerNext } = check()
    const begun = quickCheck.begin()
    await answerNext(['tasks', 'events'])
    await expect.poll(() => asked.length).toBe(1)
    timers.advance(10_001)
    await begun
    await answerNext([])

    await expect.poll(() => quickCheck.state).toBe('cut_short')
    expect(asked).toEqual([])
  })

  it('calls nothing damage that is none: a reader that is closed has not seen the file', async () => {
    const { quickCheck, asked, timers, damage } = check()
    const begun = quickCheck.begin()
    await expect.poll(() => asked.length).toBe(1)
    asked[0]?.answer({ ok: false, refusal: { code: 'store.closed', message: 'closed', details: {} } })
    await begun

    expect(quickCheck.state).toBe('cut_short')
    expect(damage).toEqual([])
    expect(timers.armed).toBe(0)
  })
})
