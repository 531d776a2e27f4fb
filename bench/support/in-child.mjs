/**
 * Runs `work` in a process that `children.mjs` started: with the parameters that it was given, and what it answers goes
 * back. `talk.tell` sends word before that; `talk.stopped` resolves when the parent says so.
 */
export const inChild = (work) => {
  const stopped = new Promise((resolve) => process.on('message', (message) => message.stop && resolve()))
  const talk = { tell: (said) => process.send({ said }), stopped }
  process.on('message', async ({ params }) => {
    if (params === undefined) return
    try {
      const value = await work(params, talk)
      process.send({ value: value ?? null }, () => process.exit(0))
    } catch (error) {
      process.send({ error: error?.stack ?? String(error) }, () => process.exit(1))
    }
  })
}
