import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

/** One project per folder that has tests, named after it: `npm run test:unit -- --project packages/store`. */
const projects = ['packages', 'apps', 'examples', 'tests']
  .flatMap((parent) => (existsSync(parent) ? readdirSync(parent).map((name) => join(parent, name)) : []))
  .concat('scripts', 'bench', 'proofs')
  .filter((folder) => existsSync(join(folder, 'test')))

export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    projects: projects.map((folder) => ({
      extends: true,
      test: { name: folder, root: folder, include: ['test/**/*.test.{ts,mjs}'] },
    })),
  },
})
