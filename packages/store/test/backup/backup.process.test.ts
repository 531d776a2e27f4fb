import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { backup, restore, verifyBackup } from '@holdfast/store/sqlite'
import { describe, expect, it, vi } from 'vitest'
import { tempFolder } from '../database/temp-folder.js'
import { manifestOf } from './manifest.js'
import { asPlainSql } from './plain-sql.js'
import { madeStore, startStore, withStore } from './store-process.js'

// Every step is a process of its own, and a start takes two seconds on Node 24.
vi.setConfig({ testTimeout: 60_000 })

/** A closed database in a folder of its own, and an empty folder for backups beside that. */
const setUp = async (count?: number) => {
  const root = tempFolder()
  const path = join(root, 'data', 'holdfast.db')
  const backups = join(root, 'backups')
  mkdirSync(backups)
  await madeStore(path, count)
  return { root, path, backups, to: join(backups, 'monday.db') }
}

describe('a backup', () => {
  it('is one closed file that holds what was acknowledged, for its owner alone', async () => {
    const { path, to, backups } = await setUp(20)

    const report = await backup({ path, to })

    expect(report).toMatchObject({ path: to, durability: 'process', rows: { tasks: 20, work_items: 20, events: 20 } })
    expect(report.bytes).toBe(statSync(to).size)
    expect(readdirSync(backups)).toEqual(['monday.db'])
    expect(statSync(to).mode & 0o777).toBe(0o600)
    expect(await verifyBackup({ from: to })).toMatchObject({ isSound: true, findings: [], rows: { tasks: 20 } })
  })

  it('is made while processes write, holds a moment of what they wrote, and holds none of them up', async () => {
    const { path, to } = await setUp()
    const store = await startStore(path)
    let written = 3
    let isDone = false
    const writing = (async () => {
      for (; !isDone; written += 1) await store.call('tasks', 'submit', { type: 'greet', input: 'x'.repeat(5_000) })
    })()

    const { rows } = await backup({ path, to })
    const whileItRan = written
    isDone = true
    await writing
    await store.close()

    expect(whileItRan).toBeGreaterThan(3)
    expect(rows.tasks).toBeGreaterThanOrEqual(3)
    expect(rows.tasks).toBeLessThanOrEqual(written)
    expect(rows.events).toBe(rows.work_items)
    expect(await verifyBackup({ from: to })).toMatchObject({ isSound: true })
  })

  it('holds what is in the write-ahead log alone', async () => {
    const { path, to } = await setUp()
    const store = await startStore(path)
    await store.call('tasks', 'submit', { type: 'greet', input: null })
    await store.kill()

    expect((await backup({ path, to })).rows.tasks).toBe(4)
  })

  it('tells how the copy grows', async () => {
    const { path, to } = await setUp()
    const sizes: number[] = []

    await backup({ path, to, onProgress: (bytes) => sizes.push(bytes) })

    expect(sizes.every((bytes, at) => bytes >= (sizes[at - 1] ?? 0))).toBe(true)
  })

  it('takes its target as a file: URL, and relative to the working folder', async () => {
    const { path, backups } = await setUp()

    const { path: made } = await backup({ path: `file:${path}`, to: pathToFileURL(join(backups, 'a b.db')).href })

    expect(made).toBe(join(backups, 'a b.db'))
  })
})

describe('a backup is refused, and touches nothing', () => {
  /** What a call of `backup` is refused with; nothing below the root may have changed. */
  const refusal = async (root: string, options: Parameters<typeof backup>[0]): Promise<unknown> => {
    const before = manifestOf(root)
    const answer = await backup(options).then(
      () => 'made',
      ({ code }: { code: string }) => code,
    )
    expect(manifestOf(root)).toEqual(before)
    return answer
  }

  it.each([
    ['a file', (to: string) => writeFileSync(to, 'mine')],
    ['an empty file', (to: string) => writeFileSync(to, '')],
    ['a folder', (to: string) => mkdirSync(to)],
    ['a link', (to: string) => symlinkSync(dirname(to), to)],
    ['a link to nothing', (to: string) => symlinkSync(join(dirname(to), 'gone'), to)],
  ])('where %s has the name: backup.target_taken', async (_what, make) => {
    const { root, path, to } = await setUp()
    make(to)

    expect(await refusal(root, { path, to })).toBe('backup.target_taken')
  })

  it('over the database itself, also by another name of it: backup.target_taken', async () => {
    const { root, path, backups } = await setUp()
    symlinkSync(dirname(path), join(backups, 'linked'))

    expect(await refusal(root, { path, to: path })).toBe('backup.target_taken')
    expect(await refusal(root, { path, to: join(backups, 'linked', 'holdfast.db') })).toBe('backup.target_taken')
  })

  it.each(['-wal', '-shm', '-journal', '-bell', '-want', '-ckpt', '-WAL', '-processes/x.lock'])(
    'under a name that belongs to a database, %s, also behind a link: backup.target_refused',
    async (end) => {
      const { root, path, backups } = await setUp()
      mkdirSync(`${path}-processes`)
      symlinkSync(dirname(path), join(backups, 'linked'))

      expect(await refusal(root, { path, to: `${path}${end}` })).toBe('backup.target_refused')
      expect(await refusal(root, { path, to: join(backups, 'linked', `holdfast.db${end}`) })).toBe(
        'backup.target_refused',
      )
    },
  )

  it('outside of the folder that confines it, by .., as an absolute path or by a link: backup.outside', async () => {
    const { root, path, backups } = await setUp()
    mkdirSync(`${backups}-old`)
    symlinkSync(root, join(backups, 'up'))
    const outside = [
      join(backups, '..', 'x.db'),
      join(root, 'x.db'),
      join(backups, 'up', 'x.db'),
      `${backups}-old/x.db`,
    ]

    for (const to of outside) expect(await refusal(root, { path, to, within: backups })).toBe('backup.outside')
    expect(await backup({ path, to: join(backups, 'x.db'), within: backups })).toMatchObject({ rows: { tasks: 3 } })
  })

  it.each([
    ['no folder', 'gone/x.db', 'store.missing'],
    ['a file for a folder', 'file/x.db', 'store.missing'],
    ['a name too long', 'x'.repeat(300), 'input.invalid'],
    ['a NUL', 'x\0.db', 'input.invalid'],
  ])('to a target with %s', async (_what, name, code) => {
    const { root, path, backups } = await setUp()
    writeFileSync(join(backups, 'file'), '')

    expect(await refusal(root, { path, to: `${backups}/${name}` })).toBe(code)
  })

  it.each([
    ['no path', ''],
    ['a database in memory', ':memory:'],
  ])('to %s: input.invalid', async (_what, to) => {
    const { root, path } = await setUp()

    expect(await refusal(root, { path, to })).toBe('input.invalid')
  })

  it('of what is not there, or is no store', async () => {
    const { root, backups, to } = await setUp()
    writeFileSync(join(backups, 'text'), 'my diary, and nothing else, for as long as it takes to be no database')

    expect(await refusal(root, { path: join(root, 'none.db'), to })).toBe('store.missing')
    expect(await refusal(root, { path: join(backups, 'text'), to })).toBe('store.not_a_database')
    expect(await refusal(root, { path: backups, to })).toBe('store.not_a_database')
  })

  it.runIf(process.getuid?.() !== 0)('into a folder that it may not write to: store.read_only', async () => {
    const { root, path, backups, to } = await setUp()
    chmodSync(backups, 0o500)

    expect(await refusal(root, { path, to })).toBe('store.read_only')
    chmodSync(backups, 0o700)
  })
})

describe('a backup that fails leaves nothing behind', () => {
  const DAMAGED_ROWS = `DROP TRIGGER events_guard_delete; DELETE FROM events WHERE work_item_seq = 1`

  it('where the database contradicts itself: backup.not_sound, with what was found', async () => {
    const { path, to, backups } = await setUp()
    await asPlainSql(path, DAMAGED_ROWS)

    await expect(backup({ path, to })).rejects.toMatchObject({
      code: 'backup.not_sound',
      details: { findings: expect.stringContaining('journal.gap') },
    })
    expect(readdirSync(backups)).toEqual([])
  })

  it('where it is ended by its caller', async () => {
    const { path, to, backups } = await setUp(50)
    const ending = new AbortController()

    const ended = backup({ path, to, signal: ending.signal })
    setImmediate(() => ending.abort())

    await expect(ended).rejects.toMatchObject({ name: 'AbortError' })
    expect(readdirSync(backups)).toEqual([])
    await expect(backup({ path, to, signal: ending.signal })).rejects.toMatchObject({ name: 'AbortError' })
  })

  it('where the disk is full: store.disk_full, for the temporary place of a verification and for a restore as well', async (context) => {
    const { root, path, to } = await setUp(20)
    await backup({ path, to })
    const small = join(root, 'small')
    mkdirSync(small)
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=200k', 'tmpfs', small])
    if (mounted.status !== 0) context.skip('a small file system takes the right to mount one')
    try {
      const full = { code: 'store.disk_full' }
      await expect(backup({ path, to: join(small, 'x.db') })).rejects.toMatchObject(full)
      await expect(verifyBackup({ from: to, workFolder: small })).rejects.toMatchObject(full)
      await expect(restore({ from: to, to: join(small, 'x.db') })).rejects.toMatchObject(full)
      expect(readdirSync(small)).toEqual([])
    } finally {
      spawnSync('umount', [small])
    }
  })

  it('and the database goes on', async () => {
    const { path, to } = await setUp()
    await backup({ path, to })

    await withStore(path, async (store) => {
      expect(await store.call('leases', 'claim', { owner: 'w', queue: 'greet' })).toHaveLength(1)
    })
  })
})
