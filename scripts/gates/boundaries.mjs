import { countIn, requireSeen, requireTool } from './gate.mjs'

/** No package reaches into another's folder or imports what its manifest doesn't name. */
export const boundaries = {
  name: 'package boundaries (turbo)',
  async run(env) {
    const { output } = await requireTool(env, 'turbo', 'boundaries')
    return requireSeen('files', countIn(output, /Checked (\d+) files/), 30)
  },
}
