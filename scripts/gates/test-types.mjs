import { requireSeen, requireTool } from './gate.mjs'

/** The types of the tests, which no package's build compiles. */
export const testTypes = {
  name: 'types of the tests (tsc)',
  async run(env) {
    const { output } = await requireTool(env, 'tsc', '-p', 'tsconfig.json', '--listFiles')
    const tests = output.split('\n').filter((line) => line.endsWith('.test.ts') && !line.includes('node_modules'))
    return requireSeen('test files', tests.length, 10)
  },
}
