import { execFile } from 'node:child_process'
import { chmod, chown, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { startProgram, type SpawnNodeOptions } from '@holdfast/testkit'
import { describe, expect, it, onTestFinished } from 'vitest'
import { CONFIG, PROGRAMS } from './programs.js'

/** sysexits.h EX_CONFIG: a supervisor sees that starting again is no use. */
const EXIT_CONFIGURATION = 78
const PATIENCE_MS = 30_000
/** nobody, of nogroup. */
const NOBODY = { uid: 65_534, gid: 65_534 }
const isRoot = process.getuid?.() === 0

/** A data folder, and where its database file would be. */
const dataFolder = async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'holdfast-files-'))
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }))
  return { dataDir, path: join(dataDir, 'holdfast.db') }
}

const MAKE_FILE = join(import.meta.dirname, 'fixtures/make-file.mjs')

/** A good file with a task in it, that nobody has open, changed by `sql`. */
const goodFile = async (path: string, sql = '') => {
  await promisify(execFile)(process.execPath, [MAKE_FILE, path, sql])
}

/** Starts the API and a worker, and gives how each refused. */
const refusals = (dataDir: string, options: SpawnNodeOptions = {}) =>
  Promise.all(
    Object.values(PROGRAMS).map(async (script) => {
      const program = startProgram(script, {
        dataDir,
        ...options,
        env: { HOLDFAST_CONFIG: CONFIG, ...options.env },
      })
      onTestFinished(async () => void (await program.kill()))
      const { exit, fatal } = await program.refusal()
      return { code: fatal?.err.code, exitCode: exit.code, output: JSON.stringify(program.lines) + program.errors() }
    }),
  )

const refusedWith = (code: string) => {
  const refusal = { code, exitCode: EXIT_CONFIGURATION, output: expect.any(String) }
  return [refusal, refusal]
}

describe('API and worker refuse, and leave as it was', { timeout: PATIENCE_MS }, () => {
  it('a file that is no database', async () => {
    const { dataDir, path } = await dataFolder()
    const diary = 'Dear diary, this is no database, however long it gets. '.repeat(100)
    await writeFile(path, diary)

    expect(await refusals(dataDir)).toEqual(refusedWith('store.not_a_database'))

    expect(await readFile(path, 'utf8')).toBe(diary)
  })

  it('a file of zero bytes', async () => {
    const { dataDir, path } = await dataFolder()
    await writeFile(path, '')

    expect(await refusals(dataDir)).toEqual(refusedWith('store.not_a_database'))

    expect((await stat(path)).size).toBe(0)
  })

  it('a folder in place of the file', async () => {
    const { dataDir, path } = await dataFolder()
    await mkdir(path)

    expect(await refusals(dataDir)).toEqual(refusedWith('store.not_a_database'))

    expect(await readdir(path)).toEqual([])
  })

  it('a file that a newer version made', async () => {
    const { dataDir, path } = await dataFolder()
    await goodFile(
      path,
      `UPDATE schema_versions SET version = version + 1;
       INSERT INTO schema_migrations (scope, version, name, hash, applied_at_ms)
         SELECT scope, version, 'of the future', 'its hash', updated_at_ms FROM schema_versions`,
    )
    const before = await readFile(path)

    expect(await refusals(dataDir)).toEqual(refusedWith('store.newer_schema'))

    expect(await readFile(path)).toEqual(before)
  })

  it('a file made at another durability level', async () => {
    const { dataDir, path } = await dataFolder()
    await goodFile(path)
    const before = await readFile(path)

    const refused = await refusals(dataDir, { env: { HOLDFAST_DURABILITY: 'power' } })

    expect(refused).toEqual(refusedWith('store.durability_mismatch'))
    expect(await readFile(path)).toEqual(before)
  })

  it('a durability level that there is not', async () => {
    const { dataDir, path } = await dataFolder()
    await goodFile(path)
    const before = await readFile(path)

    const refused = await refusals(dataDir, { env: { HOLDFAST_DURABILITY: 'maximum' } })

    expect(refused).toEqual(refusedWith('config.invalid'))
    expect(await readFile(path)).toEqual(before)
  })

  it.each(['libsql://me:hunter2@db.example/x', 'postgres://me:hunter2@db.example/x'])(
    'a database elsewhere, without showing its password: %s',
    async (url) => {
      const { dataDir } = await dataFolder()

      const refused = await refusals(dataDir, { env: { HOLDFAST_DATABASE_URL: url } })

      expect(refused).toEqual(refusedWith('store.unsupported'))
      for (const { output } of refused) expect(output).not.toContain('hunter2')
      expect(await readdir(dataDir)).not.toContain('holdfast.db')
    },
  )

  it('a folder that they may not write to', async () => {
    const { dataDir, path } = await dataFolder()
    await goodFile(path)
    // Root may write anywhere, so root steps down for this one.
    const user = isRoot ? { user: NOBODY } : {}
    if (isRoot) for (const each of [dataDir, path]) await chown(each, NOBODY.uid, NOBODY.gid)
    await chmod(path, 0o444)
    await chmod(dataDir, 0o555)
    onTestFinished(() => chmod(dataDir, 0o755))
    const before = await readFile(path)

    expect(await refusals(dataDir, user)).toEqual(refusedWith('store.read_only'))

    expect(await readFile(path)).toEqual(before)
  })
})

describe('API and workers that start at once', { timeout: PATIENCE_MS }, () => {
  it('on a folder without a file all get ready: none takes the file that another is making for an empty one', async () => {
    const { dataDir } = await dataFolder()
    const scripts = [PROGRAMS.api, PROGRAMS.worker, PROGRAMS.worker]

    const programs = scripts.map((script) => startProgram(script, { dataDir, env: { HOLDFAST_CONFIG: CONFIG } }))
    onTestFinished(async () => void (await Promise.all(programs.map((program) => program.kill()))))

    const ready = await Promise.all(programs.map((program) => program.ready()))
    expect(ready.map(({ pid }) => pid)).toEqual(programs.map(({ pid }) => pid))
  })
})
