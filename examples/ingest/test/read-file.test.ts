import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readMarkdown } from '../src/read-file.js'
import { ingestRoots, resolveFolder } from '../src/roots.js'

let folder = ''
let root = ''
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'holdfast-read-')))
  root = join(folder, 'root')
  mkdirSync(root)
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const put = (path: string, content: string | Uint8Array) => {
  writeFileSync(join(folder, path), content)
  return join(folder, path)
}
const read = (path: string, maxBytes = 100) => readMarkdown(path, { roots: [root], maxBytes })

describe('reading a file', () => {
  it('gives its text, its size and the digest of its bytes', async () => {
    expect(await read(put('root/a.md', '# ä\r\n'))).toEqual({
      text: '# ä\r\n',
      bytes: 6,
      contentHash: `sha256:${createHash('sha256').update('# ä\r\n').digest('hex')}`,
    })
  })

  it('says that a file is gone by giving nothing', async () => {
    expect(await read(join(root, 'none.md'))).toBeUndefined()
  })

  it.each([
    ['ingest.not_utf8', 'root/latin1.md', Buffer.from('caf\xe9', 'latin1')],
    ['ingest.not_utf8', 'root/utf16.md', Buffer.from('\uFEFFhello', 'utf16le')],
    ['ingest.not_utf8', 'root/cut.md', Buffer.from([0x61, 0xe2, 0x82])],
    ['ingest.not_utf8', 'root/nul.md', 'a\u0000b'],
    ['ingest.too_large', 'root/large.md', 'x'.repeat(101)],
  ])('refuses with %s: %s', async (code, path, content) => {
    await expect(read(put(path, content))).rejects.toMatchObject({ code })
  })

  it('takes a file of exactly the limit', async () => {
    expect((await read(put('root/full.md', 'x'.repeat(100))))?.bytes).toBe(100)
  })

  it.skipIf(process.platform !== 'linux')(
    'takes a file that is longer than the system said, up to the limit',
    async () => {
      const read = (maxBytes: number) => readMarkdown('/proc/self/status', { roots: ['/proc'], maxBytes })

      expect((await read(100_000))?.text).toMatch(/^Name:[\s\S]*\n$/)
      await expect(read(100)).rejects.toMatchObject({ code: 'ingest.too_large' })
    },
  )

  it('refuses folders, pipes and devices, without waiting for them', async () => {
    mkdirSync(join(root, 'folder.md'))
    execFileSync('mkfifo', [join(root, 'pipe.md')])

    await expect(read(join(root, 'folder.md'))).rejects.toMatchObject({ code: 'ingest.not_a_file' })
    await expect(read(join(root, 'pipe.md'))).rejects.toMatchObject({ code: 'ingest.not_a_file' })
  })

  it('does not say whether what lies outside of the roots exists', async () => {
    for (const path of ['/etc/passwd', '/etc/there-is-no-such-file', join(root, '..', 'none.md')])
      await expect(read(path)).rejects.toMatchObject({ code: 'ingest.outside_roots' })
  })

  it('refuses what leads outside of the roots, by name or by link', async () => {
    const secret = put('secret.md', 'secret')
    symlinkSync(secret, join(root, 'link.md'))
    symlinkSync(folder, join(root, 'up'))

    for (const path of [secret, join(root, 'link.md'), join(root, 'up/secret.md'), join(root, '../secret.md')])
      await expect(read(path)).rejects.toMatchObject({ code: 'ingest.outside_roots' })
  })
})

describe('the folder of an ingest', () => {
  it('is meant from the first root, with its links resolved', async () => {
    mkdirSync(join(root, 'docs'))
    symlinkSync(join(root, 'docs'), join(root, 'alias'))

    expect(await resolveFolder('alias', [root])).toBe(join(root, 'docs'))
    expect(await resolveFolder('.', [root])).toBe(root)
    expect(await resolveFolder(join(root, 'docs'), [root])).toBe(join(root, 'docs'))
  })

  it.each(['..', '/', '/etc', '../root-not', 'docs/../..'])('is refused outside of the roots: %s', async (asked) => {
    mkdirSync(join(root, 'docs'))
    mkdirSync(join(folder, 'root-not'))

    await expect(resolveFolder(asked, [root])).rejects.toMatchObject({ code: 'ingest.outside_roots' })
  })

  it('is refused through a link that leads out, and does not say whether what is outside exists', async () => {
    symlinkSync(folder, join(root, 'out'))
    const refusal = async (asked: string) =>
      (await resolveFolder(asked, [root]).catch((error: Error) => error.message.replace(asked, '…'))) as string

    await expect(resolveFolder('out', [root])).rejects.toMatchObject({ code: 'ingest.outside_roots' })
    expect(await refusal('/etc')).toBe(await refusal('/none-such'))
  })

  it('must be there, and be a folder', async () => {
    put('root/file.md', '')

    await expect(resolveFolder('none', [root])).rejects.toMatchObject({ code: 'ingest.not_found' })
    await expect(resolveFolder('file.md', [root])).rejects.toMatchObject({ code: 'ingest.not_a_folder' })
  })

  it('may lie below any root of HOLDFAST_INGEST_ROOTS, or below the working folder where none is set', async () => {
    mkdirSync(join(folder, 'other'))

    expect(await ingestRoots({}, root)).toEqual([root])
    expect(await ingestRoots({ HOLDFAST_INGEST_ROOTS: `root:${join(folder, 'other')}` }, folder)).toEqual([
      root,
      join(folder, 'other'),
    ])
  })
})
