import { requireSeen, requireTool } from './gate.mjs'

/** The types of the tests, which no package's build compiles. */
export const testTypes = {
  name: 'types of the tests (tsc)',
  async run(env) {
    await requireTool(env, 'tsc', '-p', 'tsconfig.json')
    const { output } = await requireTool(env, 'tsc', '-p', 'tsconfig.json', '--listFilesOnly')
    const tests = output.split('\n').filter((line) => line.endsWith('.test.ts') && !line.includes('node_modules'))
    return requireSeen('test files', tests.length, 10)
  },
}
