import { countIn, requireSeen, requireTool } from './gate.mjs'

const KNIP = ['knip', '--no-progress', '--no-config-hints']

/** Files, exports and dependencies that nobody uses. */
export const unused = {
  name: 'unused code and dependencies (knip)',
  async run(env) {
    await requireTool(env, ...KNIP)
    // The performance table is the only place where knip says how many files it read.
    const { output } = await requireTool(env, ...KNIP, '--performance')
    return requireSeen('files', countIn(output, /getImportsAndExports\s+(\d+)/), 60)
  },
}
