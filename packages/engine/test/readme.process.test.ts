import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { installedFolder } from './installed-folder.js'

const README = new URL('../README.md', import.meta.url)

/** The first snippet of the README as a program in a folder of its own, in which the packages are installed. */
const program = (): { readonly folder: string; readonly file: string } => {
  const folder = installedFolder()
  const [, code = ''] = /```js\n(.+?)```/s.exec(readFileSync(README, 'utf8')) ?? []
  const file = join(folder, 'digest.mjs')
  writeFileSync(file, code)
  return { folder, file }
}

const run = ({ folder, file }: ReturnType<typeof program>) => {
  const { stdout, stderr, signal, status } = spawnSync(process.execPath, [file], {
    cwd: folder,
    encoding: 'utf8',
    timeout: 20_000,
  })
  return { lines: `${stdout}${stderr}`.trim().split('\n'), end: signal ?? status }
}

it('the snippet of the README is killed after page 2, and goes on with page 3 as attempt 2', () => {
  const digest = program()

  const first = run(digest)
  const second = run(digest)

  expect(first).toEqual({ lines: ['page 1, attempt 1', 'page 2, attempt 1'], end: 'SIGKILL' })
  expect(second).toEqual({ lines: ['page 3, attempt 2', 'page 4, attempt 2'], end: 0 })
})
