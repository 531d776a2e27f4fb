import { defineTask } from '@holdfast/engine'

/** A full disk fails attempts as it fails everything: there are enough of them. */
const UNTIL_DONE = 1_000

/** Writes a checkpoint as large as it is told, and gives back what it was given. */
export const writing = defineTask(
  'writing',
  { maxAttempts: UNTIL_DONE, retry: { baseMs: 50, capMs: 500 } },
  async (ctx, { characters, word }) => {
    await ctx.checkpoint('tool_executed', { filler: word.repeat(Math.ceil(characters / word.length)) })
    return { word }
  },
)
