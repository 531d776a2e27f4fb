import { loadConfig, type ConfigModule } from '@holdfast/engine'
import { mkdir, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { installedFolder } from './installed-folder.js'

const project = async (files: Readonly<Record<string, string>>) => {
  const folder = installedFolder()
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }
  return (path = 'holdfast.config.ts') => loadConfig(join(folder, path))
}

const task = (name: string) => `
import { defineTask } from '@holdfast/engine'
type Input = { readonly n: number } // what only TypeScript understands
export const task = defineTask('${name}', {}, (_, input) => (input as Input).n)
`

describe('a config file', () => {
  it('registers the definitions that its modules export, and its own', async () => {
    const load = await project({
      'holdfast.config.ts': `
        import { defineConfig, defineTask } from '@holdfast/engine'
        const own = defineTask('own', {}, () => 1)
        export default defineConfig({
          database: './x.db', tasks: ['./tasks/*', './more.js', own],
          queues: ['a'], concurrency: 4, tenants: ['default'],
        })`,
      'tasks/a.ts': task('a'),
      'tasks/b.mts': task('b'),
      'tasks/helper.ts': 'export const help = 1',
      'more.js': `
        import { defineTask } from '@holdfast/engine'
        export default defineTask('c', {}, () => 1)
        export const notATask = 1`,
    })

    const config = await load()

    expect(config.registry.names).toEqual(['a', 'b', 'c', 'own'])
    expect(config).toMatchObject({
      database: './x.db',
      queues: ['a'],
      concurrency: 4,
      tenants: ['default'],
      retention: undefined,
      modules: [],
    })
  })

  it('may be JavaScript', async () => {
    const load = await project({ 'holdfast.config.mjs': 'export default { tasks: [] }' })

    expect((await load('holdfast.config.mjs')).registry.names).toEqual([])
  })

  it.each([false, {}, { tasksMs: 60_000, processesMs: null, keepCheckpoints: 5, intervalMs: 1_000 }])(
    'may say how long what has ended is kept: %j',
    async (retention) => {
      const load = await project({
        'holdfast.config.mjs': `export default { tasks: [], retention: ${JSON.stringify(retention)} }`,
      })

      expect((await load('holdfast.config.mjs')).retention).toEqual(retention)
    },
  )

  it('names store modules, which are the very ones that Node loads', async () => {
    const load = await project({
      'holdfast.config.ts': `
        import { sqlite } from '@holdfast/store/sqlite'
        export default { tasks: [], modules: [{ sqlite }] }`,
    })
    // What Node itself has under that name; the test runner transforms its own imports.
    const { sqlite } = createRequire(import.meta.url)('@holdfast/store/sqlite') as { sqlite: ConfigModule['sqlite'] }

    expect((await load()).modules[0]?.sqlite).toBe(sqlite)
  })

  it('that is not there is named', async () => {
    const load = await project({})

    await expect(load()).rejects.toMatchObject({
      code: 'config.not_found',
      message: expect.stringContaining('holdfast.config.ts'),
    })
  })

  it.each([
    ['no default export', 'export const tasks = []', 'defineConfig'],
    ['a setting that does not exist', 'export default { tasks: [], concurency: 1 }', 'concurency'],
    ['no tasks', 'export default {}', 'tasks'],
    ['a task that is no definition', 'export default { tasks: [{ name: "a" }] }', 'tasks'],
    ['a concurrency of nothing', 'export default { tasks: [], concurrency: 0 }', 'concurrency'],
    ['queues that are no list', 'export default { tasks: [], queues: "a" }', 'queues'],
    ['a tenant without a name', 'export default { tasks: [], tenants: [""] }', 'tenants'],
    ['a retention that is none', 'export default { tasks: [], retention: 30 }', 'retention'],
    ['a retention of no time', 'export default { tasks: [], retention: { tasksMs: 0 } }', 'retention.tasksMs'],
    ['a retention without a pace', 'export default { tasks: [], retention: { intervalMs: null } }', 'intervalMs'],
    ['a retention of something unknown', 'export default { tasks: [], retention: { days: 3 } }', 'retention.days'],
    ['a module that is none', 'export default { tasks: [], modules: [{}] }', 'modules'],
    ['a database that is no path', 'export default { tasks: [], database: 1 }', 'database'],
    ['code that throws', 'throw new Error("boom")', 'boom'],
    ['code that is none', 'export default {', "can't be loaded"],
    ['an import of nothing', 'import "./missing.js"; export default { tasks: [] }', 'missing'],
  ])('is refused with %s, by its name', async (_, text, says) => {
    const load = await project({ 'holdfast.config.ts': text })

    await expect(load()).rejects.toMatchObject({ code: 'config.invalid', message: expect.stringContaining(says) })
    await expect(load()).rejects.toThrow('holdfast.config.ts')
  })

  it('is refused when two definitions have one name', async () => {
    const load = await project({
      'holdfast.config.ts': 'export default { tasks: ["./tasks/*"] }',
      'tasks/a.ts': task('same'),
      'tasks/b.ts': task('same'),
    })

    await expect(load()).rejects.toMatchObject({ code: 'config.invalid', message: expect.stringContaining('same') })
  })

  it('is refused when a module that it names has no task, or is not there', async () => {
    const empty = await project({ 'holdfast.config.ts': 'export default { tasks: ["./a.ts"] }', 'a.ts': 'export {}' })
    const missing = await project({ 'holdfast.config.ts': 'export default { tasks: ["./a.ts"] }' })

    await expect(empty()).rejects.toMatchObject({ code: 'config.invalid', message: expect.stringContaining('a.ts') })
    await expect(missing()).rejects.toMatchObject({
      code: 'config.not_found',
      message: expect.stringContaining('a.ts'),
    })
  })
})
