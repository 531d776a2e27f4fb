import { describe, expect, it } from 'vitest'
import type { GroupOutcome, Submission } from '../../src/sqlite/group.js'
import { BegunGroups, GroupLine, notRun } from '../../src/sqlite/writer/group-line.js'

const groupOf = (...ids: readonly string[]): readonly Submission[] => ids.map((id) => ({ name: 'toys.put', args: id }))

/** A line whose groups run to their end, but for those that hold `cut`: of them the first operation runs. */
const lineOf = () => {
  const ran: unknown[] = []
  const begun: number[] = []
  const line = new GroupLine({ begin: (number) => begun.push(number) }, (group): GroupOutcome => {
    const isCut = group.some(({ args }) => args === 'cut')
    const done = isCut ? group.slice(0, 1) : group
    ran.push(...done.map(({ args }) => args))
    const verdicts = done.map(() => ({ ok: true as const, value: null }))
    return { verdicts, groupSize: done.length, ranAlone: false, ...(isCut && { notRun: group.length - done.length }) }
  })
  return { line, ran, begun }
}

describe('the line of groups before a writer thread', () => {
  it('runs one after the other, and says of each that it has begun', () => {
    const { line, ran, begun } = lineOf()

    line.next({ number: 1, heard: 0, group: groupOf('a') })
    line.next({ number: 2, heard: 0, group: groupOf('b') })

    expect(ran).toEqual(['a', 'b'])
    expect(begun).toEqual([1, 2])
  })

  it('gives back unrun what stood behind a group that was cut: nothing overtakes its rest', () => {
    const { line, ran, begun } = lineOf()
    line.next({ number: 1, heard: 0, group: groupOf('a', 'cut') })

    const behind = line.next({ number: 2, heard: 0, group: groupOf('b', 'c') })

    expect(behind).toEqual({ verdicts: [], notRun: 2, groupSize: 0, ranAlone: false })
    expect(ran).toEqual(['a'])
    expect(begun).toEqual([1])
  })

  it('goes on with what was handed over by somebody who had heard of the cut', () => {
    const { line, ran } = lineOf()
    line.next({ number: 1, heard: 0, group: groupOf('a', 'cut') })
    line.next({ number: 2, heard: 0, group: groupOf('c') })

    line.next({ number: 3, heard: 2, group: groupOf('b', 'c') })

    expect(ran).toEqual(['a', 'b', 'c'])
  })
})

describe('what a thread has begun', () => {
  it('is known on both sides of one memory, group by group', () => {
    const sender = new BegunGroups()
    const thread = new BegunGroups(sender.memory)
    sender.await(1)
    sender.await(2)

    thread.begin(1)
    expect([sender.has(1), sender.has(2)]).toEqual([true, false])

    thread.begin(2)
    expect([sender.has(1), sender.has(2)]).toEqual([true, true])
  })

  it('starts again for the group that takes the place of an answered one', () => {
    const begun = new BegunGroups()
    begun.begin(1)

    begun.await(3)

    expect(begun.has(3)).toBe(false)
  })
})

describe('a group that has not run', () => {
  it('is given back whole', () => {
    expect(notRun(groupOf('a', 'b'))).toMatchObject({ verdicts: [], notRun: 2 })
  })
})
