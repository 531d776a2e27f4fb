import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { compile } from '../../bench/native/compile.mjs'
import { CACHE } from '../../bench/support/cache.mjs'
import { sqliteSource } from '../../bench/native/sqlite-source.mjs'
import { once } from '../support/once.mjs'

/** In sqlite3WalCheckpoint: the header of the WAL's index is read, what is copied of it is looked at next. */
const WINDOW = '      if( pWal->hdr.mxFrame && walPagesize(pWal)!=nBuf ){'

/** SQLite 3.45.1 with the window of its race widened, and the programs that race. */
const compileRace = () => {
  const source = readFileSync(join(sqliteSource(), 'sqlite3.c'), 'utf8')
  once(source, WINDOW, 'sqlite3.c')
  const folder = join(CACHE, 'race')
  mkdirSync(folder, { recursive: true })
  const widened = join(folder, 'sqlite3.c')
  writeFileSync(widened, `void race_window(void);\n${source.replace(WINDOW, `race_window();\n${WINDOW}`)}`)
  return compile('wal-race', {
    sources: [join(import.meta.dirname, 'race.c'), widened],
    flags: [`-I${sqliteSource()}`, '-O0', '-DSQLITE_THREADSAFE=0', '-DSQLITE_OMIT_LOAD_EXTENSION'],
    libraries: ['-lm'],
  })
}

/**
 * Two programs that commit and two that run WAL checkpoints, on one file, for `seconds`.
 *
 * @param {{ path: string, checkpoints: 'checkpoint' | 'guarded', seconds: number }} race `checkpoint`: whenever they
 * like; `guarded`: while they have the write lock.
 * @returns {Promise<{ commits: number, checkpoints: number, violations: { what: string }[] }>}
 */
export const race = async ({ path, checkpoints: how, seconds }) => {
  const program = compileRace()
  const run = async (...words) => (await promisify(execFile)(program, [path, ...words.map(String)])).stdout.trim()
  await run('make')
  const [first, second, ...checkpoints] = (
    await Promise.all([run('write', 0, seconds), run('write', 1, seconds), run(how, seconds), run(how, seconds)])
  ).map(Number)
  const [integrity, ...rows] = (await run('read')).split('\n')
  const lost = first + second - rows.map(Number).reduce((sum, n) => sum + n, 0)
  return {
    commits: first + second,
    checkpoints: checkpoints.reduce((sum, count) => sum + count, 0),
    violations: [
      ...(integrity === 'ok' ? [] : [{ what: 'the file is damaged', detail: integrity }]),
      ...(lost === 0 ? [] : [{ what: `${lost} of ${first + second} acknowledged commits are gone` }]),
    ],
  }
}
