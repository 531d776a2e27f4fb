import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CACHE } from '../support/cache.mjs'
import { Skipped } from '../support/skipped.mjs'
import { compile, hasCompiler } from './compile.mjs'

/**
 * The npm package whose tarball carries SQLite 3.45.1 as one C file: the version inside libsql 0.5.29, so that the
 * limit differs from the product in everything but SQLite. Nothing of the package is run.
 */
const PACKAGE = 'better-sqlite3@9.4.3'
const SHA256 = '838d68a85191bc5a64a615e226424723d788b04e0e82555ebc3e8e59c0c0818e'

// What the schema needs, and what makes SQLite fastest for a program of one thread.
const OPTIONS = [
  '-DSQLITE_THREADSAFE=0',
  '-DSQLITE_DEFAULT_MEMSTATUS=0',
  '-DSQLITE_ENABLE_FTS5',
  '-DSQLITE_DQS=0',
  '-DSQLITE_LIKE_DOESNT_MATCH_BLOBS',
  '-DSQLITE_OMIT_SHARED_CACHE',
]

/**
 * What a C program is compiled with to run SQLite: the version that libsql has, fetched and compiled at first use, which
 * takes half a minute. `quick` compiles it without optimising, in seconds: to see that it works, not how fast.
 *
 * @returns {{ flags: string[], objects: string[], libraries: string[] }}
 * @throws {Skipped} without a C compiler, or when the source can't be fetched.
 */
export const sqliteLibrary = ({ quick }) => {
  if (!hasCompiler()) throw new Skipped('no C compiler: install one, or name yours in CC')
  const folder = sqliteSource()
  const recipe = { sources: [join(folder, 'sqlite3.c')], flags: ['-c', ...OPTIONS, ...(quick ? ['-O0'] : [])] }
  return { flags: [`-I${folder}`], objects: [compile('sqlite.o', recipe)], libraries: ['-lm', '-ldl'] }
}

/**
 * The folder with SQLite's own `sqlite3.c` and `sqlite3.h`, fetched at first use.
 *
 * @throws {Skipped} when they can't be fetched.
 */
export const sqliteSource = () => {
  const folder = join(CACHE, PACKAGE)
  if (!existsSync(folder)) download(folder)
  return folder
}

const download = (folder) => {
  const draft = `${folder}.${process.pid}`
  mkdirSync(draft, { recursive: true })
  try {
    run('npm', ['pack', PACKAGE, '--silent', '--pack-destination', draft], draft)
    const tarball = join(draft, `${PACKAGE.replace('@', '-')}.tgz`)
    const found = createHash('sha256').update(readFileSync(tarball)).digest('hex')
    if (found !== SHA256) throw new Error(`${PACKAGE} has the SHA-256 ${found}, and not ${SHA256}`)
    run('tar', ['xzf', tarball, '--strip-components=3', 'package/deps/sqlite3'], draft)
    rmSync(tarball)
    writeFileSync(join(draft, 'ORIGIN'), `${PACKAGE} ${SHA256}\n`)
    // Another row may have fetched it meanwhile.
    if (!existsSync(folder)) renameSync(draft, folder)
  } finally {
    rmSync(draft, { recursive: true, force: true })
  }
}

const run = (file, args, cwd) => {
  const { status, stderr, error } = spawnSync(file, args, { cwd, encoding: 'utf8' })
  if (status !== 0) throw new Skipped(`SQLite's source can't be fetched: ${error?.message ?? stderr.trim()}`)
}
