import { defineConfig, defineTask } from '@holdfast/engine'
import { told } from './told.mjs'

/** Work that leaves durable traces: checkpoints, an answer under a key, children. Each is acknowledged on its own. */
const steps = defineTask('steps', { retry: { baseMs: 10, capMs: 50 }, maxAttempts: 10 }, async (ctx, input) => {
  const { count, text, children } = input
  const last = await ctx.lastCheckpoint()
  for (let step = (last?.snapshot.step ?? 0) + 1; step <= count; step += 1) {
    await told({ what: 'checkpoint', item: ctx.workItemId, step }, () =>
      ctx.checkpoint('iteration_end', { step, text }),
    )
  }
  const key = `answer:${ctx.workItemId}`
  await told({ what: 'answer', key }, () => ctx.idempotent(key, { of: ctx.workItemId }, () => ({ key })))
  if (children > 0) {
    const items = Array.from({ length: children }, (_, n) => ({
      task: steps,
      key: `child-${n}`,
      input: { count: 1, text, children: 0 },
    }))
    await told({ what: 'children', item: ctx.workItemId, count: children }, () => ctx.spawn(items))
  }
  return { count }
})

export default defineConfig({ tasks: [steps] })
