import { execFileSync } from 'node:child_process'
import { machine } from '../../bench/support/machine.mjs'

/** Opens a store of its own in a process of its own: this one may have other files open. */
const ABOUT = `
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStore } from '@holdfast/store/sqlite'
const folder = mkdtempSync(join(tmpdir(), 'holdfast-proof-about-'))
const store = await openStore({ path: join(folder, 'about.db') })
const { driver, engineVersion } = store.info()
await store.close()
rmSync(folder, { recursive: true, force: true })
console.log(JSON.stringify({ driver, sqliteVersion: engineVersion }))`

/** What a proof ran on: the machine, the driver that the store chooses, and its SQLite. */
export const machineAndEngine = () => ({
  ...machine(),
  ...JSON.parse(
    execFileSync(process.execPath, ['--input-type=module', '-e', ABOUT], {
      cwd: import.meta.dirname,
      encoding: 'utf8',
    }),
  ),
})
