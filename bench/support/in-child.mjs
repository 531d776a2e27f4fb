/**
 * Runs `work` in a process that `children.mjs` started: with the parameters that it was given, and what it answers goes
 * back. Before that, `talk.tell(name, details)` sends word, and `await talk.heard(name)` waits for word of the parent.
 */
export const inChild = (work) => {
  const heard = new Map()
  const channel = (name) => {
    if (!heard.has(name)) heard.set(name, withResolvers())
    return heard.get(name)
  }
  const talk = {
    tell: (name, details = {}) => process.send({ said: { name, ...details } }),
    heard: (name) => channel(name).promise,
  }
  // Nobody is left to hear how it goes on.
  process.on('disconnect', () => process.exit(1))
  const run = async (params) => {
    try {
      const value = await work(params, talk)
      process.send({ value: value ?? null }, () => process.exit(0))
    } catch (error) {
      process.send({ error: error?.stack ?? String(error) }, () => process.exit(1))
    }
  }
  process.on('message', ({ params, say }) => {
    if (say !== undefined) channel(say.name).resolve(say)
    if (params !== undefined) void run(params)
  })
}

/** As Promise.withResolvers, which Node 20 doesn't have. */
const withResolvers = () => {
  const parts = {}
  parts.promise = new Promise((resolve) => Object.assign(parts, { resolve }))
  return parts
}
