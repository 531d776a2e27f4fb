import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStore } from '@holdfast/store/sqlite'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { runCli } from './run-cli.js'

// Every step is a process of its own, and a start takes two seconds on Node 24.
vi.setConfig({ testTimeout: 60_000 })

/** A data folder with a store on it that stays open, as under an API. */
const liveStore = async () => {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-cli-backup-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const path = join(folder, 'holdfast.db')
  const store = await openStore({ path, durability: 'process' })
  onTestFinished(() => store.close())
  const { taskId } = await store.tasks.submit({ type: 'greet', input: null })
  const cli = (...args: readonly string[]) => runCli(args, { env: { HOLDFAST_DATA_DIR: folder } })
  return { folder, path, store, taskId, cli, to: join(folder, 'monday.db') }
}

describe('holdfast backup, verify and restore', () => {
  it('copy a database in use, prove the copy, and put it where there is none', async () => {
    const { folder, to, cli } = await liveStore()

    const made = await cli('backup', to)
    expect(made).toMatchObject({ code: 0, stderr: '' })
    expect(made.stdout).toMatch(/^backup +.*monday\.db \(0\.\d MB\)$/m)
    expect(made.stdout).toMatch(/^rows +tasks 1, work_items 1, events 1$/m)

    expect(await cli('verify', to)).toMatchObject({ code: 0, stdout: expect.stringMatching(/^sound +yes/m) })

    const restored = await cli('restore', to, '--to', join(folder, 'new.db'))
    expect(restored).toMatchObject({ code: 0, stderr: '' })
    expect(restored.stdout).toMatch(/^kept +nothing/m)
    expect(statSync(join(folder, 'new.db')).size).toBe(statSync(to).size)
  })

  it('say the same as JSON', async () => {
    const { folder, to, cli } = await liveStore()

    expect(JSON.parse((await cli('backup', to, '--json')).stdout)).toMatchObject({ path: to, rows: { tasks: 1 } })
    expect(JSON.parse((await cli('verify', to, '--json')).stdout)).toMatchObject({ isSound: true, findings: [] })
    const { stdout } = await cli('restore', to, '--to', join(folder, 'new.db'), '--json')
    expect(JSON.parse(stdout)).toMatchObject({ kept: null, revoked: { leases: 0 } })
  })

  it('refuse in one line with its code, and touch nothing', async () => {
    const { folder, path, to, cli } = await liveStore()
    await cli('backup', to)
    mkdirSync(join(folder, 'in'))
    const refused = async (...args: readonly string[]) => {
      const { code, stdout, stderr } = await cli(...args)
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
      return /^holdfast: ([a-z._]+): [^\n]+\n$/.exec(stderr)?.[1]
    }

    expect(await refused('backup', to)).toBe('backup.target_taken')
    expect(await refused('backup', `${path}-journal`)).toBe('backup.target_refused')
    expect(await refused('backup', join(folder, 'x.db'), '--within', join(folder, 'in'))).toBe('backup.outside')
    expect(await refused('restore', to, '--to', path)).toBe('restore.in_use')
    expect(await refused('verify', path)).toBe('backup.not_closed')
    expect(await refused('verify', join(folder, 'none.db'))).toBe('store.missing')
    expect(await refused('verify', '')).toBe('input.invalid')
    expect(existsSync(join(folder, 'x.db'))).toBe(false)
    expect(readdirSync(folder).filter((name) => name.includes('partial'))).toEqual([])
  })

  it('give 1 for a backup that is none', async () => {
    const { folder, cli } = await liveStore()
    await writeFile(join(folder, 'text'), 'my diary, and nothing else, '.repeat(40))

    expect(await cli('verify', join(folder, 'text'))).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('store.not_a_database'),
    })
  })
})

describe('holdfast retention', () => {
  it('counts what it would delete, and deletes it', async () => {
    const { store, taskId, cli } = await liveStore()
    const [lease] = await store.leases.claim({ owner: 'w', queue: 'greet' })
    for (let n = 0; n < 4; n += 1)
      await store.checkpoints.append(lease as never, { type: 'iteration_end', snapshot: n })
    await store.idempotency.checkOrCreate('k', { request: 1, ttlMs: 1, leaseMs: 1 })

    const dry = JSON.parse((await cli('retention', '--dry-run', '--keep-checkpoints', '2', '--json')).stdout)
    expect(dry).toEqual({ dryRun: true, tasks: 0, processes: 0, expiredKeys: 1, supersededCheckpoints: 2 })
    expect(await store.checkpoints.list(lease?.workItemId ?? '')).toHaveLength(4)

    expect((await cli('retention', '--keep-checkpoints', '2')).stdout).toMatch(/^checkpoints +2 beyond/m)
    expect(await store.checkpoints.list(lease?.workItemId ?? '')).toHaveLength(2)
    expect(await store.tasks.get(taskId)).toBeDefined()
  })

  it.each([
    ['--tasks-days', '0'],
    ['--tasks-days', 'many'],
    ['--keep-checkpoints', '0'],
  ])('explains itself when it is used wrongly: %s %s', async (...args) => {
    const { cli } = await liveStore()

    expect((await cli('retention', ...args)).code).toBe(2)
  })
})
