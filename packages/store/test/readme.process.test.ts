import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it, onTestFinished } from 'vitest'

const packageFolder = fileURLToPath(new URL('..', import.meta.url))

/** The first snippet of the README as a program in a folder of its own, in which this package is installed. */
const program = (): { readonly folder: string; readonly file: string } => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-readme-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  mkdirSync(join(folder, 'node_modules/@holdfast'), { recursive: true })
  symlinkSync(packageFolder, join(folder, 'node_modules/@holdfast/store'))
  const [, code = ''] = /```js\n(.+?)```/s.exec(readFileSync(join(packageFolder, 'README.md'), 'utf8')) ?? []
  const file = join(folder, 'report.mjs')
  writeFileSync(file, code)
  return { folder, file }
}

const run = ({
  folder,
  file,
}: ReturnType<typeof program>): { readonly lines: readonly string[]; readonly end: string | number | null } => {
  const { stdout, stderr, signal, status } = spawnSync(process.execPath, [file], {
    cwd: folder,
    encoding: 'utf8',
    timeout: 20_000,
  })
  return { lines: `${stdout}${stderr}`.trim().split('\n'), end: signal ?? status }
}

it('the snippet of the README is killed after page 2, and goes on with page 3', () => {
  const report = program()

  const first = run(report)
  const second = run(report)

  expect(first).toEqual({ lines: ['page 1', 'page 2'], end: 'SIGKILL' })
  expect(second).toEqual({
    lines: ['page 3', 'page 4', "{ state: 'completed', duplicate: false }"],
    end: 0,
  })
})
