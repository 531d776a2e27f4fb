import type { Peek } from '@holdfast/store'
import { describe, expect, it } from 'vitest'
import { Outlook } from '../src/worker/outlook.js'

const NOW_MS = 1_000

/** An outlook on a store that a test fills; `claims` and `looks` count what reached it. */
const outlookOn = () => {
  const store = { items: 0, nextDueAtMs: null as number | null, isBroken: false, claims: 0, looks: 0 }
  const errors: unknown[] = []
  const outlook = new Outlook({
    peek: async (): Promise<Peek> => {
      store.looks += 1
      if (store.isBroken) throw new Error('no reader')
      return { isClaimable: store.items > 0, nextDueAtMs: store.nextDueAtMs }
    },
    nowMs: () => NOW_MS,
    onError: (error) => errors.push(error),
  })
  const claim = () =>
    outlook.claim(async () => {
      store.claims += 1
      return Array.from({ length: store.items }, (_, i) => i)
    })
  return { store, errors, outlook, claim }
}

describe('a worker', () => {
  it('claims without looking while it finds something', async () => {
    const { store, claim } = outlookOn()
    store.items = 2

    await claim()
    expect(await claim()).toHaveLength(2)

    expect(store).toMatchObject({ claims: 2, looks: 0 })
  })

  it('claims nothing, and so takes no lock, where a look shows nothing', async () => {
    const { store, claim } = outlookOn()
    await claim()

    for (let i = 0; i < 10; i++) expect(await claim()).toEqual([])

    expect(store).toMatchObject({ claims: 1, looks: 11 })
  })

  it('claims again as soon as a look shows something', async () => {
    const { store, claim } = outlookOn()
    await claim()
    store.items = 1

    expect(await claim()).toHaveLength(1)
  })

  it('claims what is due, so that it is promoted', async () => {
    const { store, claim } = outlookOn()
    await claim()
    store.nextDueAtMs = NOW_MS

    await claim()

    expect(store.claims).toBe(2)
  })

  it('claims when it can not look, and tells why', async () => {
    const { store, errors, outlook, claim } = outlookOn()
    await claim()
    store.isBroken = true
    store.items = 1

    expect(await claim()).toHaveLength(1)

    expect(errors).toHaveLength(1)
    expect(outlook.dueInMs()).toBeUndefined()
  })

  it('takes the bell at its word, until a ring was for others', async () => {
    const { store, outlook, claim } = outlookOn()
    await claim()
    const { looks } = store
    store.items = 1
    outlook.hear()
    await claim()
    expect(store).toMatchObject({ claims: 2, looks })

    store.items = 0
    await claim() // which finds nothing any more
    outlook.hear()
    await claim()
    expect(store.claims).toBe(4)
    outlook.hear()
    await claim()

    expect(store.claims).toBe(4)
  })
})

describe('when the next item is due', () => {
  it('is known after a claim that found nothing', async () => {
    const { store, outlook, claim } = outlookOn()
    store.nextDueAtMs = NOW_MS + 250

    await claim()

    expect(outlook.dueInMs()).toBe(250)
  })

  it('is now for what is overdue, and unknown where nothing is scheduled', async () => {
    const { store, outlook, claim } = outlookOn()
    expect(outlook.dueInMs()).toBeUndefined()
    await claim()
    expect(outlook.dueInMs()).toBeUndefined()

    store.nextDueAtMs = NOW_MS - 250
    await claim()

    expect(outlook.dueInMs()).toBe(0)
  })
})
