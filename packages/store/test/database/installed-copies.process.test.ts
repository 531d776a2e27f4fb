import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import type { SqliteDriver } from '../../src/sqlite/driver/names.js'
import { TESTED_DRIVERS } from '../driver/drivers.js'
import { tempFolder } from './temp-folder.js'

const PACKAGE = fileURLToPath(new URL('../..', import.meta.url))
const OUR_STORE = pathToFileURL(join(PACKAGE, 'dist/sqlite/index.js')).href

/** A project with an installed copy of the store of its own; its other dependencies are the ones of this repository. */
const installStore = ({ withLibsql }: { withLibsql: boolean }): { folder: string; store: string } => {
  const folder = tempFolder()
  const modules = join(folder, 'node_modules')
  const store = join(modules, '@holdfast/store')
  mkdirSync(store, { recursive: true })
  for (const part of ['package.json', 'dist']) cpSync(join(PACKAGE, part), join(store, part), { recursive: true })
  for (const name of ['@holdfast/schema', 'drizzle-orm', 'uuid'])
    symlinkSync(realpathSync(join(PACKAGE, 'node_modules', name)), join(modules, name))
  if (withLibsql) installLibsql(modules)
  return { folder, store: pathToFileURL(join(store, 'dist/sqlite/index.js')).href }
}

/** Copies libsql with its native library; what loads that is linked. */
const installLibsql = (modules: string): void => {
  const installed = dirname(realpathSync(join(PACKAGE, 'node_modules/libsql')))
  const copy = (name: string): void =>
    cpSync(realpathSync(join(installed, name)), join(modules, name), { recursive: true })
  copy('libsql')
  for (const name of readdirSync(join(installed, '@libsql'))) copy(join('@libsql', name))
  for (const name of ['@neon-rs', 'detect-libc']) symlinkSync(realpathSync(join(installed, name)), join(modules, name))
}

/** Runs a module in `folder`, on libsql unless it says otherwise, and answers with what it printed. */
const run = (folder: string, source: string): string => {
  const script = join(folder, 'script.mjs')
  writeFileSync(script, source)
  const env = { ...process.env, HOLDFAST_SQLITE_DRIVER: 'libsql' }
  const { stdout, stderr } = spawnSync(process.execPath, [script], { cwd: folder, encoding: 'utf8', env })
  return stdout.trim() || stderr
}

const TELL = 'const tell = (act) => { try { act(); return "ok" } catch (error) { return error.code } }'

describe('a process with two installed copies of one libsql', () => {
  it('opens a file through one of them only', () => {
    const { folder, store } = installStore({ withLibsql: true })

    const told = run(
      folder,
      `import { openDatabase as ours } from '${OUR_STORE}'
       import { openDatabase as theirs } from '${store}'
       ${TELL}
       const open = (through, path) => tell(() => through({ path, role: 'writer', create: true }))
       console.log([open(ours, 'a.db'), open(theirs, 'a.db'), open(theirs, 'b.db'), open(ours, 'b.db')].join(' '))`,
    )

    expect(told).toBe('ok driver.duplicate ok driver.duplicate')
  })

  // Without /proc nobody can see what else is open in the process.
  it.runIf(process.platform === 'linux').each([
    ['refuses a file that the other copy opened by itself', OUR_STORE, 'driver.duplicate'],
    ['shares a file with whoever uses the same copy', undefined, 'ok'],
  ])('%s', (_, through, expected) => {
    const { folder, store } = installStore({ withLibsql: true })

    const told = run(
      folder,
      `import Libsql from 'libsql'
       import { openDatabase } from '${through ?? store}'
       ${TELL}
       const stranger = new Libsql('a.db')
       stranger.exec('CREATE TABLE t (a)')
       console.log(tell(() => openDatabase({ path: 'a.db', role: 'writer' })))
       stranger.close()`,
    )

    expect(told).toBe(expected)
  })
})

/** How a program opens a file with each library by itself, and what it sees of it. */
const STRANGERS: Readonly<Record<SqliteDriver, string>> = {
  libsql: `new (require(${JSON.stringify(realpathSync(join(PACKAGE, 'node_modules/libsql')))}))('a.db')`,
  'node:sqlite': `new (require('node:sqlite').DatabaseSync)('a.db')`,
  'better-sqlite3': `new (require('better-sqlite3'))('a.db')`,
}
const mixtures = TESTED_DRIVERS.flatMap((stranger) =>
  TESTED_DRIVERS.filter((driver) => driver !== stranger).map((driver) => [stranger, driver] as const),
)

// One driver alone has nothing to be mixed with; without /proc nobody can see what else is open.
if (mixtures.length > 0 && process.platform === 'linux')
  describe('a process that has opened a file by itself', () => {
    it.each(mixtures)('with %s is refused the same file through %s', (stranger, driver) => {
      const told = run(
        tempFolder(),
        `import { createRequire } from 'node:module'
         import { openDatabase } from '${OUR_STORE}'
         ${TELL}
         const require = createRequire(import.meta.url)
         const stranger = ${STRANGERS[stranger]}
         stranger.exec('CREATE TABLE t (a)')
         console.log(tell(() => openDatabase({ path: 'a.db', role: 'writer', driver: '${driver}' })))
         stranger.close()`,
      )

      expect(told).toBe('driver.duplicate')
    })
  })

describe('a project without libsql', () => {
  it('is told what to install, when it opens a file and not before', () => {
    const { folder, store } = installStore({ withLibsql: false })

    const told = run(
      folder,
      `import { openDatabase } from '${store}'
       try { openDatabase({ path: 'a.db', role: 'writer', create: true }) }
       catch (error) { console.log(error.code, error.message) }`,
    )

    expect(told).toMatch(/^driver\.missing .*npm install libsql/)
    expect(existsSync(join(folder, 'a.db'))).toBe(false)
  })
})
