import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { chooseDriver } from '../../src/sqlite/driver/choose.js'

const PROBE = fileURLToPath(new URL('./lock-probe.mjs', import.meta.url))
/** Nobody: root may write everywhere, so the question is asked by someone who may not. */
const NOBODY = 65_534
const isRoot = process.getuid?.() === 0

const openAsNobody = (path: string): string => {
  const identity = isRoot ? { uid: NOBODY, gid: NOBODY } : {}
  const { stdout, stderr } = spawnSync(process.execPath, [PROBE, path], { encoding: 'utf8', ...identity })
  return stdout.trim() || stderr
}

const makeDatabase = (): { folder: string; path: string } => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-permissions-'))
  onTestFinished(() => {
    chmodSync(folder, 0o700)
    rmSync(folder, { recursive: true, force: true })
  })
  const path = join(folder, 'store.db')
  const native = chooseDriver('libsql').open(path)
  native.exec('PRAGMA journal_mode = WAL; CREATE TABLE t (a)')
  native.close()
  return { folder, path }
}

describe('a file that may not be written', () => {
  it.each([
    ['a folder that is read-only', 0o555, 0o666],
    ['a file that is read-only', 0o777, 0o444],
    ['a file that can not even be read', 0o777, 0o000],
    ['a folder that can not be entered', 0o000, 0o666],
  ])('is refused and left alone: %s', (_, folderMode, fileMode) => {
    const { folder, path } = makeDatabase()
    const before = readFileSync(path)
    chmodSync(path, fileMode)
    chmodSync(folder, folderMode)

    expect(openAsNobody(path)).toBe('store.read_only')

    chmodSync(folder, 0o700)
    chmodSync(path, 0o600)
    expect(readFileSync(path).equals(before)).toBe(true)
    expect(readdirSync(folder)).toEqual(['store.db'])
  })
})
