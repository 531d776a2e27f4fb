import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

const PACKAGE = fileURLToPath(new URL('..', import.meta.url))

/** A folder of its own, far from this repository, in which engine and store are installed. Removed after the test. */
export const installedFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-installed-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const scope = join(folder, 'node_modules/@holdfast')
  mkdirSync(scope, { recursive: true })
  symlinkSync(PACKAGE, join(scope, 'engine'))
  symlinkSync(realpathSync(join(PACKAGE, 'node_modules/@holdfast/store')), join(scope, 'store'))
  return folder
}
