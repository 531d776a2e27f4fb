import { setTimeout as sleep } from 'node:timers/promises'
import { defineTask } from '@holdfast/engine'
import { note } from '../storm/ledger.mjs'
import { count } from '../storm/tasks.mjs'

/** Short enough to run out many times in a proof, and long enough for two heartbeats that come late. */
export const LEASE_MS = 3_000

const options = { leaseMs: LEASE_MS, maxAttempts: 10_000 }

/** Notes as well why its signal was aborted, if it was. */
const watchful = (ctx, input) => {
  const { workItemId: item, fencingToken: token, signal } = ctx
  const { pid } = process
  signal.addEventListener('abort', () => note({ event: 'aborted', item, token, pid, code: signal.reason.code }))
  return count(ctx, input)
}

/** Has an effect under a key that others wait for, and takes its time: longer than its first heartbeat is away. */
export const holding = defineTask('holding', { maxAttempts: 10 }, async (ctx, { key, holdMs }) => {
  const { workItemId: item, fencingToken: token, signal } = ctx
  const { pid } = process
  signal.addEventListener('abort', () => note({ event: 'aborted', item, token, pid, code: signal.reason.code }))
  return ctx.idempotent(key, { key }, async () => {
    note({ event: 'held', item, token, pid, key })
    await sleep(holdMs)
    return { by: item }
  })
})

/** Ends long before its lease would. */
export const brief = defineTask('brief', options, watchful)

/** Outlives several leases, so that its owner's heartbeats have to be believed. */
export const lasting = defineTask('lasting', options, watchful)
