import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { withContext } from '../support/context.mjs'
import { machineAndEngine } from '../support/machine.mjs'
import { randomFrom } from '../support/random.mjs'
import { PAGES, writtenPages } from '../support/pages.mjs'
import { resultsIn } from '../support/results.mjs'
import { loadRows, problemsOf } from '../support/rows.mjs'
import { productFolders, productHash, proofHash } from '../support/sources.mjs'
import { missingTools, onPath } from '../support/tools.mjs'
import { countingRow } from './framework-surroundings.mjs'

const folderOf = (files) => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-proofs-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(folder, path, '..'), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  return folder
}

/** All tests beside this one, as one text. */
const TESTS = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.test.mjs'))
  .map((file) => readFileSync(join(import.meta.dirname, file), 'utf8'))
  .join('\n')

describe('the rows of this repository', () => {
  let rows
  // The test runner looks at every file that they are made of, which takes a while on a busy machine.
  beforeAll(async () => {
    rows = await loadRows()
  }, 120_000)

  it('are declared well, each with tests and a mistake that it must catch', async () => {
    expect(rows.length).toBeGreaterThan(0)
    for (const { name } of rows) expect(TESTS, name).toContain(`../rows/${name}.mjs`)
  })

  it('are what the report, the README and docs/proofs.md say; if not: npm run proofs -- --report', async () => {
    const pages = writtenPages(PAGES, rows, resultsIn().of)

    expect([...pages.keys()]).toEqual(Object.values(PAGES))
    for (const [page, text] of pages) expect(readFileSync(page, 'utf8'), page).toBe(text)
  })
})

describe('a declaration', () => {
  it.each([
    ['a name that is not its file’s', { name: 'other' }, 'it is called other, not as its file, counting'],
    ['no title', { title: '' }, 'it has no title'],
    ['no promise', { promises: [] }, 'it names no promise'],
    ['a promise that there is not', { promises: ['P9'] }, 'it names no promise'],
    ['a tool that nobody knows', { needs: ['hammer'] }, 'it needs a tool that is none of cc'],
    ['no quick load', { loads: { full: {} } }, 'it lacks a load'],
    ['nothing to prove', { prove: undefined }, 'it has no function `prove`'],
    ['no mistake', { mistakes: [] }, 'it brings no mistake'],
    ['a mistake without a proof', { mistakes: [{ name: 'x' }] }, 'a mistake lacks its name or its function'],
    [
      'two mistakes of one name',
      { mistakes: Array(2).fill({ name: 'x', prove: () => {} }) },
      'two mistakes have one name',
    ],
  ])('with %s is refused', (_what, changes, problem) => {
    expect(problemsOf(countingRow(changes), 'counting').join()).toContain(problem)
  })

  it('that is whole is taken', () => {
    expect(problemsOf(countingRow(), 'counting')).toEqual([])
  })

  it('is refused by the name of its file', async () => {
    const folder = folderOf({ 'empty.mjs': 'export const other = 1' })

    await expect(loadRows(folder)).rejects.toThrow('empty.mjs is no proof: exports no `row`')
  })
})

describe('choices that follow from a seed', () => {
  const choices = (seed) => {
    const random = randomFrom(seed)
    return [
      Array.from({ length: 20 }, () => random.int(1_000)),
      random.float(),
      random.shuffle([1, 2, 3, 4, 5]),
      random.bytes(8),
    ]
  }

  it('are the same for the same seed, and others for another', () => {
    expect(choices(7)).toEqual(choices(7))
    expect(choices(8)).not.toEqual(choices(7))
  })

  it('stay within what was asked for, and reach all of it', () => {
    const random = randomFrom(1)
    const taken = (take) => [...new Set(Array.from({ length: 500 }, take))].sort()

    expect(taken(() => random.int(3))).toEqual([0, 1, 2])
    expect(taken(() => random.between(5, 7))).toEqual([5, 6, 7])
    expect(taken(() => random.pick(['a', 'b']))).toEqual(['a', 'b'])
    expect(random.shuffle([3, 1, 2]).sort()).toEqual([1, 2, 3])
    expect(random.float()).toBeLessThan(1)
  })
})

describe('the sources of a proof', () => {
  const proofs = (text = 'export const a = 1') =>
    folderOf({
      'rows/mine.mjs': `import { a } from '../mine/a.mjs'\nexport const row = a`,
      'mine/a.mjs': `import { b } from '../support/b.mjs'\n${text}`,
      'mine/native.c': 'int main() {}',
      'support/b.mjs': 'export const b = 1',
      'support/other.mjs': 'export const c = 1',
    })
  const hashAfter = (file, text) => {
    const folder = proofs()
    writeFileSync(join(folder, file), text)
    return proofHash({ name: 'mine' }, folder)
  }

  it('are its row, its folder, and what these import, and nothing else', () => {
    const before = proofHash({ name: 'mine' }, proofs())

    for (const file of ['rows/mine.mjs', 'mine/a.mjs', 'mine/native.c', 'support/b.mjs']) {
      expect(hashAfter(file, 'export const a = 2'), file).not.toBe(before)
    }
    expect(hashAfter('support/other.mjs', 'export const c = 2')).toBe(before)
  })

  it('of the product are the sources of all packages and apps but the tester’s, and the migrations', () => {
    const folders = productFolders()

    expect(folders).toEqual(
      expect.arrayContaining(['packages/store/src', 'packages/schema/src', 'apps/api/src', 'drizzle']),
    )
    expect(folders).not.toContain('packages/testkit/src')
    expect(productHash()).toMatch(/^[0-9a-f]{16}$/)
  })
})

describe('a tool', () => {
  const path = (mode) => {
    const folder = folderOf({ hammer: '#!/bin/sh\n' })
    writeFileSync(join(folder, 'hammer'), '', { mode })
    return folder
  }

  it('is found on the PATH', () => {
    expect(onPath('node')).toMatch(/node$/)
    expect(onPath('hammer', path())).toBeUndefined()
  })

  it('that is missing is named with its Debian package', () => {
    const tools = {
      hammer: { debianPackage: 'hammers', isThere: () => false },
      nail: { debianPackage: 'nails', isThere: () => true },
      root: { what: 'to be run by root', isThere: () => false },
    }

    expect(missingTools(['hammer', 'nail', 'root'], tools)).toEqual([
      'hammer (Debian package hammers)',
      'to be run by root',
    ])
  })
})

describe('the folder of a proof', () => {
  it('is there while it works, and gone after, also when it throws', async () => {
    let folder
    const work = withContext({ name: 'mine', load: {}, seed: 1 }, async (context) => {
      folder = context.folder
      writeFileSync(join(folder, 'x'), '')
      throw new Error('oh')
    })

    await expect(work).rejects.toThrow('oh')
    expect(existsSync(folder)).toBe(false)
  })
})

describe('the machine', () => {
  it('is named with the driver and the SQLite that the store chooses', () => {
    expect(machineAndEngine()).toMatchObject({
      cores: expect.any(Number),
      node: process.version,
      driver: expect.any(String),
      sqliteVersion: expect.stringMatching(/^3\./),
    })
  })
})
