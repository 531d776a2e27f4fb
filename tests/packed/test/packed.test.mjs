import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { requireCommand } from '@holdfast/scripts/workspace/command'
import { entryPoints, installProject, packEverything } from './project.mjs'
import { run } from './run.mjs'
import { checkTypes, COMPILERS, writeTypeCheck } from './types.mjs'

// Generous on a busy machine; the file's own limit is in scripts/suites/time-budget.mjs.
const PATIENCE = { timeout: 120_000 }

describe('the packed tarballs', PATIENCE, () => {
  let packed
  const projects = {}
  beforeAll(async () => {
    packed = await packEverything()
    for (const name of ['esm', 'cjs']) projects[name] = await installProject(name, packed)
  }, PATIENCE.timeout)
  afterAll(() => Promise.all([packed, ...Object.values(projects)].map((made) => made?.remove())))

  it('have at least one entry point for each package that is imported', () => {
    expect(entryPoints(packed.tarballs).length).toBeGreaterThanOrEqual(10)
  })

  it.each([
    ['esm', 'import'],
    ['cjs', 'require'],
  ])('load by every entry point in an empty %s project, by %s', async (name) => {
    const { folder } = projects[name]
    // Testkit's suites are vitest files: outside of a vitest run there is nothing that could load them.
    const entries = entryPoints(packed.tarballs).filter((entry) => !entry.startsWith('@holdfast/testkit'))

    const load = ['load.js', ...entries]
    const { output } = await requireCommand(process.execPath, load, { cwd: folder, quiet: true })

    const empty = entries.filter((entry) => !new RegExp(`^${entry} [1-9]\\d*$`, 'm').test(output))
    expect(empty).toEqual([])
  })

  it.each(['esm', 'cjs'])('run a task in an empty %s project that resumes where kill -9 left it', async (name) => {
    const { folder } = projects[name]
    const { taskId } = (await run(folder, 'submit', 'work.db')).facts[0]

    const killed = await run(folder, 'work', 'work.db', taskId, { killWhen: (fact) => fact.stoppedAt === 3 })
    const resumed = await run(folder, 'work', 'work.db', taskId)
    const { task, item, events } = (await run(folder, 'show', 'work.db', taskId)).facts[0]

    expect(killed).toMatchObject({ signal: 'SIGKILL', facts: [{ attempt: 1, resumedFrom: 0 }, { stoppedAt: 3 }] })
    expect(resumed).toMatchObject({ code: 0, facts: [{ attempt: 2, resumedFrom: 3 }] })
    expect(task).toMatchObject({ state: 'completed', result: { counted: 6 } })
    expect(item).toMatchObject({ state: 'completed', attempt: 2 })
    expect(events.map((event) => event.position)).toEqual(events.map((_, index) => index + 1))
    expect(events.filter((event) => event.type === 'item.completed')).toHaveLength(1)
    expect(events.filter((event) => event.data?.type === 'iteration_end')).toHaveLength(6)
  })

  describe.each(COMPILERS)('compiled by %s without skipLibCheck', (compiler) => {
    it('have no error in their types', async () => {
      const { folder } = projects.esm
      await writeTypeCheck(folder, entryPoints(packed.tarballs))

      const { seen, problems } = await checkTypes(folder, compiler)

      expect(problems).toEqual([])
      expect(seen).toBeGreaterThan(30)
    })
  })
})
