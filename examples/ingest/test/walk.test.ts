import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { isAfter, walkMarkdown } from '../src/walk.js'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-walk-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const put = (...paths: readonly string[]) => {
  for (const path of paths) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), '')
  }
}

const found = async (afterPath?: string) => {
  const paths: string[] = []
  for await (const { path } of walkMarkdown(folder, afterPath && join(folder, afterPath)))
    paths.push(path.slice(folder.length + 1))
  return paths
}

describe('walking a folder', () => {
  it('finds Markdown files at any depth, dotted folders included, and nothing else', async () => {
    put('a.md', 'b.txt', 'c/d.MARKDOWN', 'c/.hidden/e.md', '.git/f.md', '.holdfast/g.md', 'md', 'h.md.bak')

    expect(await found()).toEqual(['a.md', 'c/.hidden/e.md', 'c/d.MARKDOWN'])
  })

  it('goes in byte order of full paths, the order in which the database sorts them', async () => {
    put('a/z.md', 'a-b.md', 'a.md', 'aa.md', 'a/b/c.md', 'ä.md', '\u{1F600}.md', '\uE000.md', 'B.md')

    const paths = await found()

    expect(paths).toHaveLength(9)
    for (const [i, path] of paths.entries()) if (i > 0) expect(isAfter(path, paths[i - 1] ?? '')).toBe(true)
  })

  it('goes on after any of its paths as if it had never stopped', async () => {
    put('a.md', 'a/b.md', 'a/b/c.md', 'a/b-c.md', 'a0.md', 'b/c.md')
    const all = await found()

    for (const [i, path] of all.entries()) expect(await found(path)).toEqual(all.slice(i + 1))
  })

  it('does not follow symbolic links', async () => {
    put('real/a.md')
    symlinkSync(join(folder, 'real'), join(folder, 'link'))
    symlinkSync(folder, join(folder, 'real/round'))
    symlinkSync(join(folder, 'real/a.md'), join(folder, 'alias.md'))

    expect(await found()).toEqual(['real/a.md'])
  })

  it.skipIf(process.getuid?.() === 0)('names a folder that it may not list, and goes on', async () => {
    put('a/b.md', 'c.md')
    chmodSync(join(folder, 'a'), 0)

    expect(await found()).toEqual(['a', 'c.md'])
    chmodSync(join(folder, 'a'), 0o700)
  })

  it('finds nothing in a folder that went away', async () => {
    rmSync(folder, { recursive: true })

    expect(await found()).toEqual([])
  })
})
