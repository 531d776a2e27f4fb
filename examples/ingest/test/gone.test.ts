import { Memory } from '@holdfast/memory'
import { sqlite } from '@holdfast/memory/sqlite'
import { openStore } from '@holdfast/store/sqlite'
import { describe, expect, it, onTestFinished } from 'vitest'
import { removeGone } from '../src/gone.js'

const namespace = 'files'

const memoryWith = async (...paths: readonly string[]) => {
  const store = await openStore({ path: ':memory:', modules: [sqlite], durability: 'none' })
  onTestFinished(() => store.close())
  const memory = new Memory(store)
  for (const path of paths) await memory.replaceDocument(namespace, path, { contentHash: 'h', sections: [] })
  const left = async () => (await memory.listDocuments(namespace)).map(({ path }) => path)
  return { memory, left }
}

describe('removing what is gone', () => {
  it('takes a stretch of paths at a time, and keeps what was found in it', async () => {
    const { memory, left } = await memoryWith('/f/a.md', '/f/b.md', '/f/c.md', '/g/a.md')
    const stretch = { folder: '/f', namespace, unreadable: [] }

    await removeGone(memory, { ...stretch, afterPath: undefined, lastPath: '/f/b.md', found: new Set(['/f/b.md']) })
    expect(await left()).toEqual(['/f/b.md', '/f/c.md', '/g/a.md'])
    await removeGone(memory, { ...stretch, afterPath: '/f/b.md', lastPath: undefined, found: new Set() })
    expect(await left()).toEqual(['/f/b.md', '/g/a.md'])
  })

  it('keeps everything below a folder that could not be listed, and its siblings, wherever a stretch ends', async () => {
    const walked = ['/f/z-a.md', '/f/z.md', '/f/z/', '/f/z0.md']
    for (const [i, lastPath] of walked.entries()) {
      const { memory, left } = await memoryWith('/f/gone.md', '/f/z-a.md', '/f/z.md', '/f/z/hidden.md', '/f/z0.md')
      const stretch = { folder: '/f', namespace, unreadable: ['/f/z/'] }

      await removeGone(memory, { ...stretch, afterPath: undefined, lastPath, found: new Set(walked.slice(0, i + 1)) })
      await removeGone(memory, {
        ...stretch,
        afterPath: lastPath,
        lastPath: undefined,
        found: new Set(walked.slice(i + 1)),
      })

      expect(await left()).toEqual(['/f/z-a.md', '/f/z.md', '/f/z/hidden.md', '/f/z0.md'])
    }
  })
})
