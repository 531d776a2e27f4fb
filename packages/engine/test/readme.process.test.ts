import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it, onTestFinished } from 'vitest'

const packageFolder = fileURLToPath(new URL('..', import.meta.url))

/** The first snippet of the README as a program in a folder of its own, in which the packages are installed. */
const program = (): { readonly folder: string; readonly file: string } => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-readme-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const scope = join(folder, 'node_modules/@holdfast')
  mkdirSync(scope, { recursive: true })
  symlinkSync(packageFolder, join(scope, 'engine'))
  symlinkSync(realpathSync(join(packageFolder, 'node_modules/@holdfast/store')), join(scope, 'store'))
  const [, code = ''] = /```js\n(.+?)```/s.exec(readFileSync(join(packageFolder, 'README.md'), 'utf8')) ?? []
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
