import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { findModules } from '../src/config/find-files.js'

const folderWith = async (...paths: string[]) => {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-glob-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  for (const path of paths) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), '')
  }
  const find = async (pattern: string) => (await findModules(pattern, folder)).map((path) => relative(folder, path))
  return { folder, find }
}

describe('the modules that a config names', () => {
  it('are the file itself, for a plain path', async () => {
    const { find } = await folderWith('tasks/a.ts', 'tasks/b.ts')

    expect(await find('./tasks/b.ts')).toEqual(['tasks/b.ts'])
  })

  it('are all modules of a folder, for a star: sorted, without types, tests and what is no code', async () => {
    const { find } = await folderWith(
      'tasks/b.js',
      'tasks/a.ts',
      'tasks/c.mts',
      'tasks/a.d.ts',
      'tasks/a.test.ts',
      'tasks/notes.md',
      'tasks/.hidden.ts',
      'tasks/deep/d.ts',
      'other.ts',
    )

    expect(await find('./tasks/*')).toEqual(['tasks/a.ts', 'tasks/b.js', 'tasks/c.mts'])
  })

  it('are chosen by what stands around a star', async () => {
    const { find } = await folderWith('a.task.ts', 'b.task.ts', 'c.ts', 'dxtask.ts')

    expect(await find('*.task.ts')).toEqual(['a.task.ts', 'b.task.ts'])
  })

  it('lie at any depth, for two stars, but never in node_modules', async () => {
    const { find } = await folderWith('a/x.ts', 'a/b/c/x.ts', 'a/node_modules/y/x.ts', 'a/b/z.ts')

    expect(await find('a/**/x.ts')).toEqual(['a/b/c/x.ts', 'a/x.ts'])
  })

  it('lie in folders that a star names', async () => {
    const { find } = await folderWith('one/tasks/x.ts', 'two/tasks/y.ts', 'two/z.ts', 'two/tasks/deep/w.ts')

    expect(await find('*/tasks/*')).toEqual(['one/tasks/x.ts', 'two/tasks/y.ts'])
  })

  it.each(['missing.ts', 'tasks', 'missing/*', 'tasks/*.mjs'])('must be there: %s is not', async (pattern) => {
    const { find } = await folderWith('tasks/a.ts')

    await expect(find(pattern)).rejects.toMatchObject({ code: 'config.not_found', details: { path: pattern } })
  })

  it('are not searched for among more files than a task folder has', async () => {
    const { folder } = await folderWith('a/x.ts')
    await Promise.all(Array.from({ length: 10_001 }, (_, i) => writeFile(join(folder, 'a', `${i}.txt`), '')))

    await expect(findModules('**/*', folder)).rejects.toMatchObject({ code: 'config.invalid' })
  })
})
