import type { LeaseAnswer, LeaseRef } from '@holdfast/store'
import { describe, expect, it } from 'vitest'
import { Heartbeats } from '../src/lease-keeper/heartbeats.js'
import { fakeTime } from './fake-time.js'

const lease = (workItemId: string, leaseMs = 3_000) => ({ tenant: 'default', workItemId, fencingToken: 1, leaseMs })

const granted = ({ workItemId }: LeaseRef): LeaseAnswer =>
  ({ workItemId, code: null, message: null, leaseExpiresAtMs: 1 }) as LeaseAnswer

const kit = (answer: (lease: LeaseRef) => LeaseAnswer = granted) => {
  const time = fakeTime()
  const beats: { atMs: number; ids: string[]; leaseMs: number }[] = []
  const refused: string[] = []
  const errors: unknown[] = []
  const lives: boolean[] = []
  const heartbeats = new Heartbeats({
    beat: async (leases, leaseMs, isLive) => {
      lives.push(isLive)
      beats.push({ atMs: time.monotonicMs(), ids: leases.map(({ workItemId }) => workItemId), leaseMs })
      return leases.map(answer)
    },
    onRefused: ({ workItemId }, code) => refused.push(`${workItemId}: ${code}`),
    onError: (error) => errors.push(error),
    timers: time,
    clock: time,
  })
  return { time, beats, lives, refused, errors, heartbeats }
}

describe('heartbeats', () => {
  it('come at a third of the lease, for all leases of one length together', async () => {
    const { time, beats, heartbeats } = kit()
    heartbeats.hold(lease('a'))
    heartbeats.hold(lease('b'))

    await time.advance(2_000)

    expect(beats).toEqual([
      { atMs: 1_000, ids: ['a', 'b'], leaseMs: 3_000 },
      { atMs: 2_000, ids: ['a', 'b'], leaseMs: 3_000 },
    ])
  })

  it('say that the leases are live, whatever the wall clock was set to meanwhile', async () => {
    const { time, lives, heartbeats } = kit()
    heartbeats.hold(lease('a'))
    time.jump(3_600_000)

    await time.advance(2_000)

    expect(lives).toEqual([true, true])
  })

  it('do not say so once a whole lease has passed without one that was answered', async () => {
    let isDown = true
    const { time, lives, heartbeats } = kit((ref) => {
      if (isDown) throw new Error('the store is busy')
      return granted(ref)
    })
    heartbeats.hold(lease('a', 3_000))

    await time.advance(3_000)
    isDown = false
    await time.advance(1_250)

    // One at a third of the lease, then one every quarter of that, until one is answered.
    expect(lives).toEqual([...Array.from({ length: 8 }, () => true), false, false, true])
  })

  it('keep a rhythm for each length', async () => {
    const { time, beats, heartbeats } = kit()
    heartbeats.hold(lease('short', 300))
    heartbeats.hold(lease('long', 3_000))

    await time.advance(1_000)

    expect(beats.filter(({ ids }) => ids[0] === 'short')).toHaveLength(10)
    expect(beats.filter(({ ids }) => ids[0] === 'long')).toHaveLength(1)
  })

  it('end with the lease, and begin again with the next', async () => {
    const { time, beats, heartbeats } = kit()
    heartbeats.hold(lease('a'))
    heartbeats.drop(lease('a'))
    await time.advance(10_000)
    expect(beats.filter(({ ids }) => ids.length > 0)).toEqual([])

    heartbeats.hold(lease('b'))
    await time.advance(1_000)

    expect(beats.at(-1)?.ids).toEqual(['b'])
  })

  it('tell of a lease that is refused, once, and leave its neighbours alone', async () => {
    const { time, beats, refused, heartbeats } = kit((held) =>
      held.workItemId === 'a' ? { ...granted(held), code: 'lease.lost', message: 'gone' } : granted(held),
    )
    heartbeats.hold(lease('a'))
    heartbeats.hold(lease('b'))

    await time.advance(3_000)

    expect(refused).toEqual(['a: lease.lost'])
    expect(beats.at(-1)?.ids).toEqual(['b'])
  })

  it('come again sooner after one that got no answer', async () => {
    let failures = 1
    const { time, beats, errors, heartbeats } = kit((held) => {
      if (failures-- > 0) throw new Error('the store is busy')
      return granted(held)
    })
    heartbeats.hold(lease('a'))

    await time.advance(2_000)

    expect(errors).toHaveLength(1)
    expect(beats.map(({ atMs }) => atMs)).toEqual([1_000, 1_250])
  })

  it('travel in batches that one transaction can carry', async () => {
    const { time, beats, heartbeats } = kit()
    for (let i = 0; i < 1_500; i++) heartbeats.hold(lease(`${i}`))

    await time.advance(1_000)

    expect(beats.map(({ ids }) => ids.length)).toEqual([1_000, 500])
  })

  it('stop', async () => {
    const { time, beats, heartbeats } = kit()
    heartbeats.hold(lease('a'))

    await heartbeats.stop()
    await time.advance(10_000)

    expect(beats).toEqual([])
  })
})
