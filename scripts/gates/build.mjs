import { countIn, requireSeen, requireTool } from './gate.mjs'

/** Compiles every package, which is also the check of its types and of undeclared and deep imports. */
export const build = {
  name: 'build and types (turbo, tsc)',
  async run(env) {
    const { output } = await requireTool(env, 'turbo', 'run', 'build', '--output-logs=errors-only')
    return requireSeen('packages', countIn(output, /(\d+) successful/), 8)
  },
}
