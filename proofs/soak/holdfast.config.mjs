import { defineConfig, defineTask } from '@holdfast/engine'

/** One checkpoint, and done. */
const soaked = defineTask('soaked', {}, async (ctx, { text }) => {
  await ctx.checkpoint('iteration_end', { text })
  return { length: text.length }
})

export default defineConfig({ tasks: [soaked] })
