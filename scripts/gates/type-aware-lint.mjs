import { countIn, requireSeen, requireTool } from './gate.mjs'

/** The rules that need types: promises nobody awaits, switches that miss a case. */
export const typeAwareLint = {
  name: 'type-aware lint (oxlint)',
  async run(env) {
    const { output } = await requireTool(env, 'oxlint', '--type-aware', '--deny-warnings')
    return requireSeen('files', countIn(output, / on (\d+) files/), 60)
  },
}
