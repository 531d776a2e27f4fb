import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { defineTask } from '@holdfast/engine'
import { childId } from '@holdfast/store'
import { note } from './ledger.mjs'

/** More attempts than any storm has kills: an item ends because its work is done. */
const UNTIL_DONE = 10_000

/**
 * Counts up to `steps`, a checkpoint each, then has an effect under an idempotency key. Resumes where it was, and notes
 * whatever was acknowledged to it.
 */
export const count = async (ctx, { steps, key, restMs }) => {
  const who = { item: ctx.workItemId, token: ctx.fencingToken }
  const last = await ctx.lastCheckpoint()
  note({ event: 'resumed', ...who, position: last?.position ?? 0 })
  for (let step = (last?.snapshot.step ?? 0) + 1; step <= steps; step += 1) {
    await sleep(restMs)
    const snapshot = { step, nonce: randomUUID() }
    const { id, position } = await ctx.checkpoint('iteration_end', snapshot)
    note({ event: 'checkpoint', ...who, id, position, snapshot })
  }
  const answer = await ctx.idempotent(key, { key, steps }, async () => {
    note({ event: 'executed', ...who, key })
    await sleep(restMs)
    return { nonce: randomUUID() }
  })
  note({ event: 'answered', ...who, key, answer })
  return { steps, answer }
}

export const counting = defineTask('counting', { maxAttempts: UNTIL_DONE }, count)

/** May run out of attempts: a failed item has ended as well, once. */
export const impatient = defineTask('impatient', { maxAttempts: 2 }, count)

/** Spawns items of its own task, which end before or after it. */
export const fanning = defineTask('fanning', { maxAttempts: UNTIL_DONE }, async (ctx, { children, ...input }) => {
  const keys = Array.from({ length: children }, (_, at) => String(at))
  await ctx.spawn(keys.map((key) => ({ task: counting, key, input: { ...input, key: `${input.key}/${key}` } })))
  const items = keys.map((key) => childId(ctx.workItemId, key))
  note({ event: 'spawned', item: ctx.workItemId, token: ctx.fencingToken, items })
  return { children }
})
