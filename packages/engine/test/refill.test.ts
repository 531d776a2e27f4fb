import { describe, expect, it } from 'vitest'
import { Refill } from '../src/worker/refill.js'

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve))

/** A worker's slots and a queue, both moved by hand. */
const kit = (concurrency: number) => {
  const happened: string[] = []
  const claims: { readonly wanted: number; readonly answer: (got: number | Error) => void }[] = []
  const slots = { room: 0 }
  const refill = new Refill({
    concurrency,
    room: () => slots.room,
    claim: (wanted) => {
      happened.push(`claim ${wanted}`)
      slots.room -= wanted
      return new Promise<number>((resolve, reject) => {
        claims.push({
          wanted,
          answer: (got) => {
            if (got instanceof Error) return reject(got)
            refill.learn(wanted, got)
            resolve(got)
          },
        })
      })
    },
    flush: () => happened.push('flush'),
    onShort: () => happened.push('short'),
    onError: (error) => happened.push(String(error)),
  })
  const free = (count: number): void => {
    for (let i = 0; i < count; i++) {
      slots.room += 1
      refill.look()
    }
  }
  return { refill, happened, claims, free }
}

describe('refilling slots', () => {
  it('waits for somebody to find plenty of work', () => {
    const { happened, free } = kit(128)

    free(128)

    expect(happened).toEqual([])
  })

  it('claims for half of the slots as soon as they are free, behind the settlements that freed them', () => {
    const { refill, happened, free } = kit(128)
    refill.learn(128, 128)

    free(63)
    expect(happened).toEqual([])
    free(65)

    expect(happened).toEqual(['flush', 'claim 64', 'flush', 'claim 64'])
  })

  it('claims for all slots at once where there are few', () => {
    const { refill, happened, free } = kit(32)
    refill.learn(32, 32)

    free(32)

    expect(happened).toEqual(['flush', 'claim 32'])
  })

  it('leaves the search to others once a claim comes back short', async () => {
    const { refill, happened, claims, free } = kit(128)
    refill.learn(128, 128)
    free(64)

    claims[0]?.answer(3)
    await turn()
    free(125)

    expect(happened).toEqual(['flush', 'claim 64', 'short'])
  })

  it('reports a claim that failed, and leaves the next try to others', async () => {
    const { refill, happened, claims, free } = kit(128)
    refill.learn(128, 128)
    free(64)

    claims[0]?.answer(new Error('busy'))
    await turn()
    free(64)

    expect(happened).toEqual(['flush', 'claim 64', 'Error: busy', 'short'])
  })

  it('is idle once its claims are answered', async () => {
    const { refill, claims, free } = kit(128)
    refill.learn(128, 128)
    free(64)
    let isIdle = false
    const idle = refill.idle().then(() => {
      isIdle = true
    })

    await turn()
    expect([isIdle, refill.isClaiming]).toEqual([false, true])
    claims[0]?.answer(64)
    await idle

    expect(refill.isClaiming).toBe(false)
  })
})
