import { countIn, requireSeen, requireTool } from './gate.mjs'

/** Formatting, import cycles and undeclared dependencies, among the rest of biome's rules. */
export const formatAndLint = {
  name: 'format and lint (biome)',
  async run(env) {
    const { output } = await requireTool(env, 'biome', 'check', '--error-on-warnings', '--diagnostic-level=warn')
    return requireSeen('files', countIn(output, /Checked (\d+) files/), 60)
  },
}
