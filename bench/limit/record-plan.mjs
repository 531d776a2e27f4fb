import { join } from 'node:path'
import { inChild } from '../support/in-child.mjs'
import { CYCLE, newItem } from '../support/work.mjs'
import { planOf, statementsOf } from './plan.mjs'
import { openRecordedStore } from './recorded-store.mjs'

/** Unlike every count and length in a statement, so that a token is never taken for one of them. */
const TOKENS = [23, 37]

/** The steps of each plan by name. Those after a claim are given its lease. */
const PLANS = {
  cycle: CYCLE,
  enqueue: { enqueue: (store) => store.tasks.submit(newItem()) },
  checkpoints: { claim: CYCLE.claim, checkpoint: CYCLE.checkpoint },
}

/** Done once by every caller, where the rest is repeated. */
const ONCE = { checkpoints: 'claim' }

/**
 * An item that was claimed, written to and handed back so often that its next claim gives it this token. Two such items
 * differ in all that a statement may carry on from an earlier one: tokens, positions, keys.
 */
const addItem = async (store, token) => {
  await store.tasks.submit(newItem())
  for (let next = 1; next < token; next += 2) {
    const lease = await CYCLE.claim(store)
    await CYCLE.checkpoint(store, lease)
    await store.leases.release(lease)
  }
}

/** Items and their tasks have other numbers from here on, as they do in every store that ever fanned out. */
const partNumbers = async (store) => {
  await store.tasks.submit(newItem())
  const lease = await CYCLE.claim(store)
  await store.workItems.spawn(lease, [{ type: 'other', input: null }])
  await store.leases.complete(lease)
}

/** Two recordings of every step. */
const recordSteps = async ({ store, record }, steps) => {
  await partNumbers(store)
  const cycles = []
  for (const token of TOKENS) {
    await addItem(store, token)
    const recorded = {}
    let lease
    for (const [name, step] of Object.entries(steps)) {
      recorded[name] = await record(() => step(store, lease))
      lease ??= recorded[name].value
    }
    cycles.push(recorded)
  }
  return Object.keys(steps).map((name) => ({
    name,
    cycles: cycles.map(({ [name]: { log, nowMs, fresh } }) => ({
      statements: statementsOf(log),
      nowMs,
      fresh,
    })),
  }))
}

/** Writes nothing but a small database of its own; gives the plan's text. */
inChild(async ({ folder, plan }) => {
  const recorded = await openRecordedStore(join(folder, 'recorded.db'))
  try {
    const operations = await recordSteps(recorded, PLANS[plan])
    return planOf(operations.map((operation) => ({ ...operation, once: operation.name === ONCE[plan] })))
  } finally {
    await recorded.store.close()
  }
})
