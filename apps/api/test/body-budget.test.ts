import { describe, expect, it } from 'vitest'
import { BodyBudget, type KeptBody } from '../src/index.js'

const LIMIT_BYTES = 1_000

/** A budget, and bodies in it that have so many bytes and names by their order. */
const budgetWith = (...sizes: readonly number[]) => {
  const budget = new BodyBudget(LIMIT_BYTES)
  const cutOff: number[] = []
  const add = (bytes: number, name: number): KeptBody => {
    const body = budget.open(() => cutOff.push(name))
    budget.resize(body, bytes)
    return body
  }
  return { budget, cutOff, add, bodies: sizes.map(add) }
}

describe('a budget of bodies', () => {
  it('counts what is kept, and forgets it once', () => {
    const { budget, bodies } = budgetWith(100, 200)

    for (const body of [...bodies, ...bodies]) budget.close(body)

    expect(budget.keptBytes).toBe(0)
  })

  it('may be used to its last byte', () => {
    const { budget, cutOff } = budgetWith(400, 600)

    expect(budget.keptBytes).toBe(LIMIT_BYTES)
    expect(cutOff).toEqual([])
  })

  it('cuts off the oldest, and as many as are needed', () => {
    const { budget, cutOff, add } = budgetWith(300, 300, 300)

    add(500, 3)

    expect(cutOff).toEqual([0, 1])
    expect(budget.keptBytes).toBe(800)
  })

  it('leaves alone what is small beside the others', () => {
    const { cutOff, add } = budgetWith(10, 10, 450, 450)

    add(450, 4)

    expect(cutOff).toEqual([2])
  })

  it('lets no crowd of equal ones keep out one that is longer', () => {
    const { cutOff, add } = budgetWith(...Array.from({ length: 100 }, () => 10))

    const long = add(300, 100)

    expect(long.isCutOff).toBe(false)
    expect(cutOff.length).toBe(30)
  })

  it('refuses the one that grows when it is itself the one to go', () => {
    const { budget, cutOff, bodies } = budgetWith(600, 300)
    const [oldest] = bodies as [KeptBody]

    expect(() => budget.resize(oldest, 800)).toThrow(expect.objectContaining({ code: 'http.overloaded' }))

    expect(oldest).toMatchObject({ isCutOff: true, bytes: 0 })
    expect(budget.keptBytes).toBe(300)
    expect(cutOff).toEqual([])
  })

  it('never cuts off what has arrived whole, and refuses what does not fit beside it', () => {
    const { budget, cutOff, bodies, add } = budgetWith(900)
    for (const body of bodies) budget.arrived(body)

    expect(() => add(200, 1)).toThrow(expect.objectContaining({ code: 'http.overloaded' }))

    expect(cutOff).toEqual([])
    expect(budget.keptBytes).toBe(900)
  })
})
