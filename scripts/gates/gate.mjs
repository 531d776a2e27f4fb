import { requireCommand } from '../workspace/command.mjs'

/**
 * A gate is a check that `npm test` runs before the tests: a name, and `run(env)`, which throws when it fails.
 *
 * @typedef {{ name: string, run: (env: NodeJS.ProcessEnv) => Promise<string | void> }} Gate
 *   `run` may answer with a few words on what it saw.
 */

/** Runs a tool that has to succeed; its output is shown only when it doesn't. */
export function requireTool(env, file, ...args) {
  return requireCommand(file, args, { env: plain(env), quiet: true })
}

/** A check that looked at nothing also finds nothing, so every gate says how much it has to have seen. */
export function requireSeen(what, seen, atLeast) {
  if (!(seen >= atLeast))
    throw new Error(`saw ${seen} ${what}, expected at least ${atLeast}: the check looked at nothing`)
  return `${seen} ${what}`
}

/** The number that a tool printed, found by `pattern`; 0 when it printed none. */
export function countIn(output, pattern) {
  return Number(pattern.exec(output)?.[1] ?? 0)
}

// Counts are read from the tools' words, so nothing may be coloured in between.
function plain({ FORCE_COLOR: _, ...env }) {
  return { ...env, NO_COLOR: '1' }
}
