import { describe, expect, it } from 'vitest'
import { systemClock } from '../../src/clock.js'
import type { StoreWarning } from '../../src/store.js'
import type { GroupOutcome, Submission } from '../../src/sqlite/group.js'
import { DEFAULT_LIMITS, type StoreLimits } from '../../src/sqlite/limits.js'
import { type Answer, SubmissionQueue } from '../../src/sqlite/writer/submission-queue.js'
import type { Writer } from '../../src/sqlite/writer/writer.js'
import { fakeTimers } from '../support/fake-timers.js'

const put = (id: string): Submission => ({ name: 'toys.put', args: { id } })

const granted = (group: readonly Submission[]): GroupOutcome => ({
  verdicts: group.map(({ args }) => ({ ok: true, value: args })),
  groupSize: group.length,
  ranAlone: false,
})

/** A writer that runs nothing until the test says so. */
const heldWriter = (depth: number) => {
  const groups: { group: readonly Submission[]; finish: (outcome?: GroupOutcome) => void }[] = []
  let closed = false
  let isReady = Promise.resolve()
  const writer: Writer = {
    depth,
    ready: () => isReady,
    run: (group) =>
      new Promise((resolve) => groups.push({ group, finish: (outcome = granted(group)) => resolve(outcome) })),
    close: async () => {
      closed = true
    },
  }
  return {
    writer,
    groups,
    isClosed: () => closed,
    /** Its thread has died; the answer brings the next one. */
    die: (): (() => void) => {
      let revive = (): void => {}
      isReady = new Promise((resolve) => {
        revive = resolve
      })
      return revive
    },
  }
}

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(() => setImmediate(resolve)))

const open = (limits: Partial<StoreLimits> = {}, { depth = 1, isOverlapWorthIt = false } = {}) => {
  const held = heldWriter(depth)
  const timers = fakeTimers()
  const warnings: StoreWarning[] = []
  const all = { ...DEFAULT_LIMITS, ...limits }
  const warn = (warning: StoreWarning): void => void warnings.push(warning)
  const overlap = { learn: () => {}, isWorthIt: () => isOverlapWorthIt }
  const queue = new SubmissionQueue(held.writer, all, systemClock, timers, warn, overlap)
  return { ...held, timers, warnings, queue }
}

const codesOf = (answers: readonly Answer[]): readonly string[] =>
  answers.map(({ verdict }) => (verdict.ok ? 'granted' : verdict.refusal.code))

const codeOf = async (answers: Promise<readonly Answer[]>): Promise<string> => codesOf(await answers)[0] ?? 'none'

describe('the queue', () => {
  it('hands everything submitted in one turn to the writer as one group, in order', async () => {
    const { queue, groups } = open()

    const all = ['a', 'b', 'c'].map((id) => queue.submit([put(id)]))
    await turn()

    expect(groups.map(({ group }) => group.map(({ args }) => args))).toEqual([[{ id: 'a' }, { id: 'b' }, { id: 'c' }]])
    groups[0]?.finish()
    expect((await Promise.all(all)).flat().map(({ verdict }) => verdict.ok && verdict.value)).toEqual([
      { id: 'a' },
      { id: 'b' },
      { id: 'c' },
    ])
  })

  it('lets the continuations of one group join the next', async () => {
    const { queue, groups } = open()
    const chain = async (id: string): Promise<void> => {
      await queue.submit([put(`${id}1`)])
      await queue.submit([put(`${id}2`)])
    }
    void chain('a')
    void chain('b')
    await turn()

    groups[0]?.finish()
    await turn()

    expect(groups[1]?.group).toEqual([put('a2'), put('b2')])
  })

  it('gives the writer one group at a time', async () => {
    const { queue, groups } = open()
    void queue.submit([put('a')])
    await turn()
    void queue.submit([put('b')])
    await turn()

    expect(groups).toHaveLength(1)
  })

  it('cuts a burst into groups of bounded count and size', async () => {
    const byCount = open({ groupOperations: 2 })
    void byCount.queue.submit(['a', 'b', 'c'].map(put))
    await turn()
    expect(byCount.groups[0]?.group).toHaveLength(2)

    const bySize = open({ groupBytes: 100 })
    void bySize.queue.submit([put('x'.repeat(60)), put('y'.repeat(60))])
    await turn()
    expect(bySize.groups[0]?.group).toHaveLength(1)
  })

  it('runs an operation that is larger than a group may be, alone', async () => {
    const { queue, groups } = open({ groupBytes: 100 })
    void queue.submit([put('x'.repeat(1_000))])
    await turn()

    expect(groups[0]?.group).toHaveLength(1)
  })

  it.each([
    ['operations', { queueOperations: 2 }],
    ['bytes', { queueBytes: 100 }],
  ])('refuses what is over its bound of %s, all of a batch or none', async (_, limits) => {
    const { queue, groups } = open(limits)
    void queue.submit([put('a')])

    await expect(queue.submit([put('b'), put('c'.repeat(100))])).rejects.toMatchObject({ code: 'store.overloaded' })

    await turn()
    expect(groups[0]?.group).toEqual([put('a')])
  })

  it('refuses what no thread could take, and nothing else of the turn', async () => {
    const { queue, groups } = open()
    const cyclic: Record<string, unknown> = {}
    cyclic.self = cyclic

    await expect(queue.submit([{ name: 'toys.put', args: { id: () => 1 } }])).rejects.toMatchObject({
      code: 'input.invalid',
    })
    await expect(queue.submit([{ name: 'toys.put', args: cyclic }])).rejects.toMatchObject({ code: 'input.invalid' })

    void queue.submit([put('a')])
    await turn()
    expect(groups[0]?.group).toEqual([put('a')])
  })
})

/** A queue before a writer that takes two groups, which is worth it unless said. */
const openAhead = (limits: Partial<StoreLimits> = {}, { isOverlapWorthIt = true } = {}) => {
  const opened = open(limits, { depth: 2, isOverlapWorthIt })
  return { ...opened, submit: (...ids: readonly string[]) => opened.queue.submit(ids.map(put)) }
}

const refusedWith = (code: string) => ({ ok: false as const, refusal: { code, message: '', details: {} } })
const alone = { groupSize: 1, ranAlone: false }

const idsOf = (groups: readonly { readonly group: readonly Submission[] }[]): readonly string[][] =>
  groups.map(({ group }) => group.map(({ args }) => (args as { readonly id: string }).id))

describe('a writer that takes two groups', () => {
  it('gets one group at a time where two are not worth it', async () => {
    const { submit, groups } = openAhead({}, { isOverlapWorthIt: false })

    void submit('a', 'b', 'c', 'd')
    await turn()
    void submit('e')
    await turn()

    expect(idsOf(groups)).toEqual([['a', 'b', 'c', 'd']])
  })

  it('gets what waits in two halves, so that one is answered while the other runs', async () => {
    const { submit, groups } = openAhead()

    void submit('a', 'b', 'c', 'd', 'e')
    await turn()

    expect(idsOf(groups)).toEqual([
      ['a', 'b', 'c'],
      ['d', 'e'],
    ])
  })

  it('gets three operations as one group, and what comes after them as another', async () => {
    const { submit, groups } = openAhead()

    void submit('a', 'b', 'c')
    await turn()
    void submit('d')
    await turn()

    expect(idsOf(groups)).toEqual([['a', 'b', 'c'], ['d']])
  })

  it('gets the next group when the first of two is answered, in the order of submission', async () => {
    const { submit, groups } = openAhead()
    void submit('a', 'b', 'c', 'd')
    await turn()
    void submit('e', 'f')
    await turn()
    expect(groups).toHaveLength(2)

    groups[0]?.finish()
    await turn()

    expect(idsOf(groups)[2]).toEqual(['e', 'f'])
  })

  it('answers each from its own group, whatever became of the other', async () => {
    const { submit, groups } = openAhead()
    const answers = submit('a', 'b', 'c', 'd')
    await turn()

    groups[0]?.finish({ verdicts: [refusedWith('store.disk_full'), refusedWith('store.disk_full')], ...alone })
    groups[1]?.finish()

    expect((await answers).map(({ verdict }) => verdict.ok)).toEqual([false, false, true, true])
  })

  it('gets the rest of a group that was cut before all that stood behind it', async () => {
    const { submit, groups } = openAhead()
    void submit('a', 'b', 'c', 'd')
    await turn()
    void submit('e')

    groups[0]?.finish({ ...granted([put('a')]), notRun: 1 })
    await turn()
    expect(groups).toHaveLength(2) // not before the second has come back
    groups[1]?.finish({ verdicts: [], notRun: 2, ...alone })
    await turn()

    expect(idsOf(groups).slice(2).flat()).toEqual(['b', 'c', 'd', 'e'])
  })

  it('takes back the group that it has not begun when its thread dies, and reports the other unknown', async () => {
    const { submit, groups, die } = openAhead()
    const answers = submit('a', 'b', 'c', 'd')
    await turn()

    const revive = die()
    const unknown = refusedWith('store.outcome_unknown')
    groups[0]?.finish({ verdicts: [unknown, unknown], ...alone })
    groups[1]?.finish({ verdicts: [], notRun: 2, ...alone })
    await turn()
    expect(groups).toHaveLength(2)
    revive()
    await turn()
    groups[2]?.finish()

    expect(idsOf(groups)[2]).toEqual(['c', 'd'])
    expect((await answers).map(({ verdict }) => verdict.ok)).toEqual([false, false, true, true])
  })

  it('leaves both groups unknown to those who waited too long for either', async () => {
    const { submit, groups, timers } = openAhead({ submitTimeoutMs: 5_000 })
    const answers = submit('a', 'b', 'c', 'd')
    await turn()
    expect(groups).toHaveLength(2)

    timers.advance(5_000)

    expect(codesOf(await answers)).toEqual(Array.from({ length: 4 }, () => 'store.outcome_unknown'))
  })

  it('has what came back unrun withdrawn by whoever waited too long for it', async () => {
    const { submit, groups, timers } = openAhead({ submitTimeoutMs: 5_000 })
    const answers = submit('a', 'b', 'c', 'd')
    await turn()
    groups[0]?.finish({ ...granted([put('a')]), notRun: 1 })
    await turn()

    timers.advance(5_000)
    expect(codesOf(await answers)).toEqual([
      'granted',
      'store.timeout',
      'store.outcome_unknown',
      'store.outcome_unknown',
    ])
    groups[1]?.finish({ verdicts: [], notRun: 2, ...alone })
    await turn()

    expect(groups).toHaveLength(2)
  })

  it('is closed once both groups are answered', async () => {
    const { submit, groups, queue, isClosed } = openAhead()
    void submit('a', 'b', 'c', 'd')
    await turn()
    const closed = queue.close()

    groups[0]?.finish()
    await turn()
    expect(isClosed()).toBe(false)
    groups[1]?.finish()

    await closed
    expect(isClosed()).toBe(true)
  })
})

describe('a submission that takes too long', () => {
  it('is withdrawn when it has not run: the writer never sees it', async () => {
    const { queue, groups, timers } = open({ submitTimeoutMs: 5_000 })
    void queue.submit([put('first')])
    await turn()
    timers.advance(1)
    const second = queue.submit([put('second')])
    await turn()

    timers.advance(5_000)

    expect(await codeOf(second)).toBe('store.timeout')
    groups[0]?.finish()
    await turn()
    expect(groups).toHaveLength(1)
  })

  it('is of unknown outcome when the writer has it, and a late answer changes nothing', async () => {
    const { queue, groups, timers } = open({ submitTimeoutMs: 5_000 })
    const first = queue.submit([put('first')])
    await turn()

    timers.advance(5_000)
    groups[0]?.finish()

    expect(await codeOf(first)).toBe('store.outcome_unknown')
  })

  it('is withdrawn while the writer’s thread is being started again', async () => {
    const { queue, groups, timers, die } = open({ submitTimeoutMs: 5_000 })
    const revive = die()
    const waiting = queue.submit([put('a')])
    await turn()

    timers.advance(5_000)

    expect(await codeOf(waiting)).toBe('store.timeout')
    revive()
    await turn()
    expect(groups).toHaveLength(0)
  })
})

describe('warnings', () => {
  it('are given at 250 ms and at 1 s of the oldest operation’s age, once each', async () => {
    const { queue, timers, warnings } = open()
    void queue.submit([put('a')])
    await turn()

    timers.advance(249)
    expect(warnings).toEqual([])
    timers.advance(1)
    expect(warnings).toMatchObject([{ code: 'writer.slow', details: { thresholdMs: 250 } }])
    timers.advance(750)
    expect(warnings).toMatchObject([{}, { details: { thresholdMs: 1_000 } }])
    timers.advance(5_000)
    expect(warnings).toHaveLength(2)
  })

  it('start again after the queue was empty', async () => {
    const { queue, timers, warnings, groups } = open()
    void queue.submit([put('a')])
    await turn()
    timers.advance(250)
    groups[0]?.finish()
    await turn()
    timers.advance(1_000)

    void queue.submit([put('b')])
    await turn()
    timers.advance(250)

    expect(warnings).toHaveLength(2)
  })

  it('leave no timer behind once everything is answered', async () => {
    const { queue, timers, groups } = open()
    void queue.submit([put('a')])
    await turn()
    groups[0]?.finish()
    await turn()

    timers.advance(250)

    expect(timers.armed).toBe(0)
  })
})

describe('closing', () => {
  it('runs what was taken, refuses what comes, and then closes the writer', async () => {
    const { queue, groups, isClosed } = open()
    const taken = queue.submit([put('a')])

    const closed = queue.close()

    await expect(queue.submit([put('b')])).rejects.toMatchObject({ code: 'store.closed' })
    await turn()
    expect(isClosed()).toBe(false)
    groups[0]?.finish()
    await closed
    expect(await codeOf(taken)).toBe('granted')
    expect(isClosed()).toBe(true)
  })

  it('ends when everything that waited for a dead thread was withdrawn', async () => {
    const { queue, timers, die, isClosed } = open({ submitTimeoutMs: 5_000 })
    die()
    const waiting = queue.submit([put('a')])
    await turn()
    const closed = queue.close()

    timers.advance(5_000)

    expect(await codeOf(waiting)).toBe('store.timeout')
    await closed
    expect(isClosed()).toBe(true)
  })
})

describe('a group that the writer cut', () => {
  const cut = (group: readonly Submission[], notRun: number): GroupOutcome => ({
    ...granted(group.slice(0, group.length - notRun)),
    notRun,
  })

  it('is answered as far as it ran, and its rest is the first of the next', async () => {
    const { queue, groups } = open()
    const [a, b, c] = ['a', 'b', 'c'].map((id) => codeOf(queue.submit([put(id)])))
    await turn()
    const later = codeOf(queue.submit([put('later')]))

    groups[0]?.finish(cut(groups[0].group, 2))

    expect(await a).toBe('granted')
    await turn()
    expect(groups[1]?.group).toEqual([put('b'), put('c'), put('later')])
    expect(queue.metrics()).toMatchObject({ operations: 1, queueSize: 0 })
    groups[1]?.finish()
    expect(await Promise.all([b, c, later])).toEqual(['granted', 'granted', 'granted'])
  })

  it('counts in the queue until it has run', async () => {
    const { queue, groups } = open({ groupOperations: 2 })
    void queue.submit([put('a'), put('b'), put('c')])
    await turn()

    groups[0]?.finish(cut(groups[0].group, 2))

    await turn()
    expect(queue.metrics().queueSize).toBe(1)
    expect(groups[1]?.group).toEqual([put('a'), put('b')])
  })

  it('does not run again what has been told that its outcome is unknown', async () => {
    const { queue, groups, timers } = open({ submitTimeoutMs: 1_000 })
    const told = codeOf(queue.submit([put('a')]))
    await turn()
    timers.advance(1_000)
    expect(await told).toBe('store.outcome_unknown')

    groups[0]?.finish(cut(groups[0].group, 1))
    await turn()
    await queue.close()

    expect(groups).toHaveLength(1)
  })
})

describe('metrics', () => {
  it('count groups, operations, retries and failures, and know the queue', async () => {
    const { queue, groups, timers } = open()
    void queue.submit([put('a'), put('b')])
    await turn()
    void queue.submit([put('c')])
    timers.advance(30)
    expect(queue.metrics()).toMatchObject({ queueSize: 1, queueHighWaterMark: 2, oldestWaitingMs: 30, groups: 0 })

    groups[0]?.finish({
      verdicts: [
        { ok: true, value: null },
        { ok: false, refusal: { code: 'store.disk_full', message: '', details: {} } },
      ],
      groupSize: 1,
      ranAlone: true,
    })
    await turn()

    expect(queue.metrics()).toMatchObject({
      queueSize: 0,
      oldestWaitingMs: 0,
      groups: 1,
      operations: 2,
      meanGroupSize: 2,
      retries: 1,
      failures: 1,
      latencyP50Ms: 30,
      latencyP99Ms: 30,
    })
  })
})
