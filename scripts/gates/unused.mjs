import { countIn, requireSeen, requireTool } from './gate.mjs'

/** Files, exports and dependencies that nobody uses. */
export const unused = {
  name: 'unused code and dependencies (knip)',
  async run(env) {
    // The performance table is the only place where knip says how many files it read.
    const { output } = await requireTool(env, 'knip', '--no-progress', '--no-config-hints', '--performance')
    return requireSeen('files', countIn(output, /getImportsAndExports\s+(\d+)/), 60)
  },
}
