import { spawn } from 'node:child_process'
import { stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openStore } from '@holdfast/store/sqlite'
import { describe, expect, it } from 'vitest'
import { project, watch } from './project.js'

const CONFIG = `
import { closeSync, openSync } from 'node:fs'
import { defineConfig, defineTask } from '@holdfast/engine'
export default defineConfig({
  tasks: [
    defineTask('greet', {}, (_, input) => \`hello \${(input as { name: string }).name}\`),
    defineTask('hang', {}, (ctx) => new Promise((_, reject) => {
      ctx.signal.addEventListener('abort', () => reject(ctx.signal.reason))
    })),
    defineTask('deaf', {}, () => new Promise(() => {})),
    defineTask('stranger', {}, () => closeSync(openSync('.holdfast/holdfast.db', 'r'))),
  ],
})`

const submit = async (folder: string, type: string, input: unknown = null) => {
  const store = await openStore({ path: join(folder, '.holdfast/holdfast.db') })
  const { taskId } = await store.tasks.submit({ type, input })
  return { store, taskId }
}

describe('the worker process', () => {
  it('says in one line what runs where, on which settings and beside whom, and lets only its owner into its folder', async () => {
    const { folder, run } = await project({ 'holdfast.config.ts': CONFIG })

    const ready = await run().logged('ready')

    expect(ready).toMatchObject({
      version: expect.any(String),
      pid: expect.any(Number),
      processId: expect.any(String),
      store: {
        engine: 'sqlite',
        driver: process.env.HOLDFAST_SQLITE_DRIVER ?? 'libsql',
        version: expect.stringMatching(/^3\./),
        location: join(folder, '.holdfast/holdfast.db'),
        durability: 'power',
        settings: { journal_mode: 'wal', synchronous: 2 },
      },
      processes: [{ kind: 'worker', pid: ready.pid }],
      tasks: ['deaf', 'greet', 'hang', 'stranger'],
    })
    expect((await stat(join(folder, '.holdfast'))).mode & 0o777).toBe(0o700)
  })

  it('runs the tasks that the config file names, and ends with 0 on SIGTERM', async () => {
    const { folder, run } = await project({ 'holdfast.config.ts': CONFIG })
    const worker = run({ HOLDFAST_LOG_LEVEL: 'debug' })
    await worker.logged('ready')
    const { store, taskId } = await submit(folder, 'greet', { name: 'Ada' })

    await worker.logged('completed')
    worker.process.kill('SIGTERM')

    expect(await worker.exited()).toEqual({ code: 0, signal: null })
    expect(await store.tasks.require(taskId)).toMatchObject({ state: 'completed', result: 'hello Ada' })
    expect(await store.processes.list()).toMatchObject([{ kind: 'worker', state: 'stopped' }])
    await store.close()
  })

  it('ends at once on a second signal', async () => {
    const { folder, run } = await project({ 'holdfast.config.ts': CONFIG })
    const worker = run({ HOLDFAST_LOG_LEVEL: 'debug' })
    await worker.logged('ready')
    const { store } = await submit(folder, 'deaf')
    await worker.logged('started')

    worker.process.kill('SIGINT')
    await worker.logged('stopping: running tasks finish or are handed back')
    worker.process.kill('SIGINT')

    expect(await worker.exited()).toEqual({ code: 130, signal: null })
    await store.close()
  })

  it.runIf(process.platform === 'linux')(
    'ends to be started again when something in it drops its locks on the file',
    async () => {
      const { folder, run } = await project({ 'holdfast.config.ts': CONFIG })
      const worker = run()
      await worker.logged('ready')
      const { store, taskId } = await submit(folder, 'stranger')

      expect(await worker.logged('stopping: running tasks finish or are handed back')).toMatchObject({
        reason: expect.stringContaining('StoreDetachedError'),
      })
      expect(await worker.exited()).toEqual({ code: 1, signal: null })
      expect(await store.tasks.require(taskId)).toMatchObject({ state: 'active' })
      await store.close()
    },
  )

  it('stops when its parent is gone', async () => {
    const { folder } = await project({ 'holdfast.config.ts': CONFIG })
    const parent = fileURLToPath(new URL('fixtures/parent.mjs', import.meta.url))
    const main = fileURLToPath(new URL('../dist/main.js', import.meta.url))
    const worker = watch(spawn(process.execPath, [parent, main], { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] }))
    await worker.logged('ready')

    worker.process.kill('SIGKILL')

    expect(await worker.logged('stopping: running tasks finish or are handed back')).toMatchObject({
      reason: 'the parent process ended',
    })
    await worker.logged('stopped')
  })
})

describe('a worker process that can not start', () => {
  it.each([
    ['there is no config file', {}, {}, 'config.not_found', 'holdfast.config.ts'],
    ['the config file is wrong', { 'holdfast.config.ts': 'export default {}' }, {}, 'config.invalid', 'tasks'],
    [
      'a variable is wrong',
      { 'holdfast.config.ts': CONFIG },
      { HOLDFAST_DURABILITY: 'FULL' },
      'config.invalid',
      'HOLDFAST_DURABILITY',
    ],
    [
      'there is no such driver',
      { 'holdfast.config.ts': CONFIG },
      { HOLDFAST_SQLITE_DRIVER: 'sqlite4' },
      'driver.unknown',
      'libsql, node:sqlite, better-sqlite3',
    ],
    [
      'the database is not SQLite',
      { 'holdfast.config.ts': CONFIG },
      { HOLDFAST_DATABASE_URL: 'postgres://ada:secret@db/holdfast' },
      'store.unsupported',
      'SQLite only',
    ],
  ])('ends with 78 and says why: %s', async (_, files, env, code, says) => {
    const { run } = await project(files)
    const worker = run(env)

    expect(await worker.exited()).toEqual({ code: 78, signal: null })

    expect(worker.lines.at(-1)).toMatchObject({ level: 60, err: { code }, msg: expect.stringContaining(says) })
    expect(JSON.stringify(worker.lines)).not.toContain('secret')
  })

  it('leaves a file alone that is no database, and ends with 78', async () => {
    const { folder, run } = await project({ 'holdfast.config.ts': CONFIG })
    const path = join(folder, 'notes.txt')
    await writeFile(path, 'these are notes, and no database at all\n'.repeat(100))
    const before = await stat(path)

    const worker = run({ HOLDFAST_DATABASE_URL: `file:${path}` })

    expect(await worker.exited()).toEqual({ code: 78, signal: null })
    expect(worker.lines.at(-1)).toMatchObject({ err: { code: 'store.not_a_database' } })
    expect(await stat(path)).toMatchObject({ size: before.size, mtimeMs: before.mtimeMs })
  })
})
