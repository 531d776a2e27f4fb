import { execFile } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
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

/** Root may list everything, so a user who may not does the walking. */
const foundByNobody = async (afterPath?: string): Promise<readonly string[]> => {
  const user = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {}
  if (process.getuid?.() === 0) chmodSync(folder, 0o755)
  const script = join(import.meta.dirname, 'fixtures/walk.mjs')
  const args = [script, folder, ...(afterPath === undefined ? [] : [join(folder, afterPath)])]
  const { stdout } = await promisify(execFile)(process.execPath, args, user)
  return (JSON.parse(stdout) as { path: string }[]).map(({ path }) => path.slice(folder.length + 1))
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

  it('names a folder that it may not list where its files would stand, and goes on', async () => {
    put('z/hidden.md', 'z.md', 'z-a.md', 'z0.md')
    chmodSync(join(folder, 'z'), 0)
    const all = ['z-a.md', 'z.md', 'z/', 'z0.md']

    const walks = [await foundByNobody()]
    for (const path of all) walks.push(await foundByNobody(path))
    chmodSync(join(folder, 'z'), 0o700)

    expect(walks).toEqual([all, ...all.map((_, i) => all.slice(i + 1))])
  })

  it('finds nothing in a folder that went away', async () => {
    rmSync(folder, { recursive: true })

    expect(await found()).toEqual([])
  })
})
