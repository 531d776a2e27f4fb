import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { requireCommand } from '@holdfast/scripts/workspace/command'
import { entryPoints, installProject, packEverything } from './project.mjs'
import { checkTypes, COMPILERS, writeTypeCheck } from './types.mjs'

const INSTALL_MS = 120_000

describe('the packed tarballs', () => {
  let packed
  const projects = {}
  beforeAll(async () => {
    packed = await packEverything()
    for (const name of ['esm', 'cjs']) projects[name] = await installProject(name, packed)
  }, INSTALL_MS)
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
