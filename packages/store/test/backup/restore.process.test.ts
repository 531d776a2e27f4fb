import { fork } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { backup, restore, verifyBackup } from '@holdfast/store/sqlite'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { tempFolder } from '../database/temp-folder.js'
import { manifestOf } from './manifest.js'
import { asPlainSql, keepingPlainSql } from './plain-sql.js'
import { madeStore, startStore, type StoreProcess, withStore } from './store-process.js'

// Every step is a process of its own, and a start takes two seconds on Node 24.
vi.setConfig({ testTimeout: 60_000 })

/** A closed database and a backup of it, after `change`. */
const setUp = async (change?: (store: StoreProcess) => Promise<unknown>) => {
  const root = tempFolder()
  const path = join(root, 'data', 'holdfast.db')
  const from = join(root, 'monday.db')
  await madeStore(path)
  if (change) {
    await withStore(path, change)
    await backup({ path, to: from })
  } else await madeStore(from)
  return { root, path, from, folder: join(root, 'data') }
}

const claimOne = async (store: StoreProcess, owner = 'w') => {
  const [lease] = await store.call('leases', 'claim', { owner, queue: 'greet' })
  if (!lease) throw new Error('there was nothing to claim')
  return lease
}
const submit = (store: StoreProcess, id: string) => store.call('tasks', 'submit', { id, type: 'greet', input: null })
const tasksOf = async (store: StoreProcess): Promise<readonly string[]> =>
  (await store.call('tasks', 'list', { limit: 500 })).map(({ id }) => id).sort()
const keptIn = (folder: string): readonly string[] => readdirSync(folder).filter((name) => name.includes('.replaced-'))

describe('a restored backup', () => {
  it('is the database where there was none, for its owner alone', async () => {
    const { root, from } = await setUp()
    const to = join(root, 'new.db')

    const report = await restore({ from, to })

    expect(report).toMatchObject({ path: to, kept: null, rows: { tasks: 3 }, revoked: { leases: 0 } })
    expect(statSync(to).mode & 0o777).toBe(0o600)
    expect(readdirSync(root).filter((name) => name.startsWith('new'))).toEqual(['new.db'])
    expect(await withStore(to, tasksOf)).toEqual(['task-0', 'task-1', 'task-2'])
  })

  it('takes the place of the old database, which is kept whole under another name', async () => {
    const { path, from } = await setUp()
    await withStore(path, (store) => submit(store, 'later'))

    const { kept } = await restore({ from, to: path })

    expect(kept).toMatch(/holdfast\.db\.replaced-\d{8}T\d{9}Z$/)
    expect(await withStore(path, tasksOf)).toEqual(['task-0', 'task-1', 'task-2'])
    expect(await withStore(String(kept), tasksOf)).toEqual(['later', 'task-0', 'task-1', 'task-2'])
  })

  it('keeps what a crash had left in the write-ahead log of the old one', async () => {
    const { path, from } = await setUp()
    const store = await startStore(path)
    await submit(store, 'in the log')
    await store.kill()

    const { kept } = await restore({ from, to: path })

    expect(existsSync(`${path}-wal`)).toBe(false)
    expect(await withStore(String(kept), tasksOf)).toContain('in the log')
  })

  it('has the mode of the file that it replaces', async () => {
    const { path, from } = await setUp()
    chmodSync(path, 0o640)

    await restore({ from, to: path })

    expect(statSync(path).mode & 0o777).toBe(0o640)
  })

  it('replaces what a link leads to, not the link', async () => {
    const { root, path, from } = await setUp()
    const link = join(root, 'link.db')
    symlinkSync(path, link)

    expect((await restore({ from, to: link })).path).toBe(path)
  })

  it('can be verified, backed up and restored again', async () => {
    const { root, path, from } = await setUp()
    await restore({ from, to: path })
    const again = join(root, 'again.db')
    await backup({ path, to: again })

    expect(await verifyBackup({ from: again })).toMatchObject({ isSound: true })
    expect((await restore({ from: again, to: path })).rows.tasks).toBe(3)
    expect(keptIn(join(root, 'data'))).toHaveLength(2)
  })

  it.each([
    ['is cut to nothing', (path: string) => truncateSync(path, 0)],
    ['is something else', (path: string) => writeFileSync(path, 'my diary, and nothing else, '.repeat(40))],
    ['is damaged in the middle', (path: string) => truncateSync(path, 20_480)],
  ])('takes the place of a file that %s, and keeps that as it was', async (_what, damage) => {
    const { path, from } = await setUp()
    await asPlainSql(path, 'PRAGMA journal_mode = DELETE')
    damage(path)
    const before = readFileSync(path)

    const { kept } = await restore({ from, to: path })

    expect(await withStore(path, tasksOf)).toEqual(['task-0', 'task-1', 'task-2'])
    expect(readFileSync(String(kept)).length).toBe(before.length)
  })

  it('is not changed by the log of a database that is gone, which is put aside', async () => {
    const { root, path, from, folder } = await setUp()
    const store = await startStore(path)
    await submit(store, 'in the log')
    await store.kill()
    renameSync(path, join(root, 'moved.db'))

    const { kept } = await restore({ from, to: path })

    expect(kept).toBeNull()
    expect(keptIn(folder)).toEqual([expect.stringMatching(/-wal$/)])
    expect(await withStore(path, tasksOf)).toEqual(['task-0', 'task-1', 'task-2'])
  })
})

describe('what a backup granted, and what was granted since', () => {
  it('a lease in the backup is taken back, and its attempt given back', async () => {
    let lease: Awaited<ReturnType<typeof claimOne>> | undefined
    const { path, from } = await setUp(async (store) => {
      lease = await claimOne(store)
    })

    const { revoked } = await restore({ from, to: path })

    expect(revoked.leases).toBe(1)
    const store = await startStore(path)
    await expect(store.call('leases', 'complete', lease as never, null)).rejects.toMatchObject({ code: 'lease.lost' })
    const again = await store.call('leases', 'claim', { owner: 'w', queue: 'greet', limit: 3 })
    expect(again.map(({ workItemId, attempt }) => [workItemId, attempt])).toContainEqual([lease?.workItemId, 1])
    await store.close()
  })

  it('a lease claimed since is refused, of an item that the backup has and of one that it has not: lease.lost', async () => {
    const { path, from } = await setUp()
    const since = await withStore(path, async (store) => {
      await submit(store, 'later')
      return store.call('leases', 'claim', { owner: 'w', queue: 'greet', limit: 10 })
    })
    expect(since).toHaveLength(4)

    await restore({ from, to: path })

    const store = await startStore(path)
    await submit(store, 'later')
    const now = await store.call('leases', 'claim', { owner: 'w', queue: 'greet', limit: 10 })
    expect(now).toHaveLength(4)
    for (const stale of since)
      await expect(store.call('leases', 'complete', stale, null)).rejects.toMatchObject({ code: 'lease.lost' })
    for (const lease of now) await store.call('leases', 'complete', lease, null)
    await store.close()
  })

  it('tokens go on above those of every earlier restore, from the same backup and with the clock set back', async () => {
    const { path, from } = await setUp()
    const tokens: number[] = []

    for (const nowMs of [Date.now(), Date.now() + 2_000, Date.UTC(2019)]) {
      const { revoked } = await restore({ from, to: path, clock: { nowMs: () => nowMs, monotonicMs: () => 0 } })
      tokens.push(revoked.token)
      const lease = await withStore(path, (store) => claimOne(store))
      expect(lease.fencingToken).toBeGreaterThan(revoked.token)
      tokens.push(lease.fencingToken)
    }

    expect(tokens).toEqual([...tokens].sort((a, b) => a - b))
    expect(new Set(tokens).size).toBe(6)
    expect(tokens.every(Number.isSafeInteger)).toBe(true)
  })

  it('a key keeps its answer; one without an answer is taken over by the same request, and by no other', async () => {
    const refs: { readonly tenant: string; readonly key: string; readonly fencingToken: number }[] = []
    const take = async (store: StoreProcess, key: string, request: unknown = key) =>
      store.call('idempotency', 'checkOrCreate', key, { request, leaseMs: 600_000 })
    const { path, from } = await setUp(async (store) => {
      for (const key of ['answered', 'pending', 'failed']) {
        const claim = await take(store, key)
        if ('ref' in claim) refs.push(claim.ref)
      }
      await store.call('idempotency', 'complete', refs[0] as never, { paid: 17 })
      await store.call('idempotency', 'fail', refs[2] as never, { code: 'no', message: 'no' })
    })

    const { revoked } = await restore({ from, to: path })

    expect(revoked.keys).toBe(2)
    const store = await startStore(path)
    expect(await take(store, 'answered')).toMatchObject({ outcome: 'completed', response: { paid: 17 } })
    await expect(store.call('idempotency', 'complete', refs[1] as never, 'late')).rejects.toMatchObject({
      code: 'idempotency.lost',
    })
    for (const key of ['pending', 'failed']) {
      await expect(take(store, key, 'another')).rejects.toMatchObject({ code: 'idempotency.conflict' })
      expect(await take(store, key)).toMatchObject({
        outcome: 'taken_over',
        ref: { fencingToken: revoked.token + 1 },
      })
    }
    await store.close()
  })

  it('processes of the backup are dead', async () => {
    const { path, from } = await setUp((store) =>
      store.call('processes', 'register', { id: 'w-1', kind: 'worker', host: 'h', pid: 1, version: '0' }),
    )

    expect((await restore({ from, to: path })).revoked.processes).toBe(1)
    const processes = await withStore(path, (store) => store.call('processes', 'list', {}))
    expect(processes).toMatchObject([{ id: 'w-1', state: 'dead' }])
  })
})

describe('a restore is refused, and touches nothing', () => {
  const refusal = async (root: string, options: Parameters<typeof restore>[0]): Promise<unknown> => {
    const before = manifestOf(root)
    const answer = await restore({ lockWaitMs: 50, ...options }).then(
      () => 'restored',
      ({ code }: { code: string }) => code,
    )
    expect(manifestOf(root)).toEqual(before)
    return answer
  }
  /** A database in use changes by itself: what counts is that it goes on, and that nothing new lies beside it. */
  const refusalInUse = async ({ path, from, folder }: Awaited<ReturnType<typeof setUp>>): Promise<unknown> => {
    const code = await restore({ from, to: path, lockWaitMs: 50 }).catch((error: { code: string }) => error.code)
    expect(readdirSync(folder).filter((name) => /partial|replaced/.test(name))).toEqual([])
    return code
  }

  it('over a store that a process has open, also one that is stopped: restore.in_use', async () => {
    const made = await setUp()
    const store = await startStore(made.path)

    expect(await refusalInUse(made)).toBe('restore.in_use')
    store.child.kill('SIGSTOP')
    expect(await refusalInUse(made)).toBe('restore.in_use')
    store.child.kill('SIGCONT')
    await submit(store, 'goes on')
    await store.close()
    expect(await withStore(made.path, tasksOf)).toContain('goes on')
  })

  it.each([
    ['reads', 'SELECT count(*) FROM tasks'],
    ['is in a transaction', 'BEGIN IMMEDIATE'],
  ])('over a file that another program %s: restore.in_use', async (_what, sql) => {
    const made = await setUp()
    await keepingPlainSql(made.path, sql)

    expect(await refusalInUse(made)).toBe('restore.in_use')
  })

  it('where its own process has the store open: restore.in_use', async () => {
    const made = await setUp()
    const { openStore } = await import('@holdfast/store/sqlite')
    const store = await openStore({ path: made.path })
    onTestFinished(() => store.close())

    expect(await refusalInUse(made)).toBe('restore.in_use')
    expect((await store.tasks.submit({ type: 'greet', input: null })).taskId).not.toBe('')
  })

  it('from a backup that contradicts itself: backup.not_sound, and the old one stays', async () => {
    const { root, path, from } = await setUp()
    await asPlainSql(from, `DROP TRIGGER tasks_guard_delete; PRAGMA journal_mode = DELETE`)

    expect(await refusal(root, { from, to: path })).toBe('backup.not_sound')
  })

  it.each(['-wal', '-journal'])('from a file with a %s beside it: backup.not_closed', async (end) => {
    const { root, path, from } = await setUp()
    writeFileSync(`${from}${end}`, '')

    expect(await refusal(root, { from, to: path })).toBe('backup.not_closed')
  })

  it('from what is not there, or is no store, or is cut', async () => {
    const { root, path, from } = await setUp()
    const other = join(root, 'other.db')
    writeFileSync(join(root, 'text'), 'my diary, and nothing else, '.repeat(40))
    copyFileSync(from, other)
    truncateSync(other, 12_288)

    expect(await refusal(root, { from: join(root, 'gone'), to: path })).toBe('store.missing')
    expect(await refusal(root, { from: join(root, 'text'), to: path })).toBe('store.not_a_database')
    expect(await refusal(root, { from: root, to: path })).toBe('store.not_a_database')
    expect(await refusal(root, { from: '/dev/zero', to: path })).toBe('store.not_a_database')
    expect(['store.corrupt', 'backup.not_sound']).toContain(await refusal(root, { from: other, to: path }))
  })

  it('onto the backup itself, a folder, a device, a link to nothing, a file beside a database: backup.target_refused', async () => {
    const { root, path, from, folder } = await setUp()
    symlinkSync(join(root, 'gone'), join(root, 'link'))

    for (const to of [from, folder, '/dev/null', join(root, 'link'), `${path}-wal`, `${path}-journal`])
      expect(await refusal(root, { from, to })).toBe('backup.target_refused')
  })

  it('from or to a place outside of the folder that confines both, also through a link: backup.outside', async () => {
    const { root, path, from, folder } = await setUp()
    symlinkSync(from, join(folder, 'link.db'))

    expect(await refusal(root, { from, to: path, within: folder })).toBe('backup.outside')
    expect(await refusal(root, { from: join(folder, 'link.db'), to: path, within: folder })).toBe('backup.outside')
    mkdirSync(join(root, 'elsewhere'))
    expect(await refusal(root, { from, to: path, within: join(root, 'elsewhere') })).toBe('backup.outside')
  })

  it('from a backup of a newer Holdfast: store.newer_schema', async () => {
    const { root, path, from } = await setUp()
    await asPlainSql(
      from,
      `INSERT INTO schema_migrations SELECT scope, 2, 'x', 'x', 0 FROM schema_migrations WHERE version = 1;
       UPDATE schema_versions SET version = 2 WHERE scope = 'core'; PRAGMA journal_mode = DELETE`,
    )

    expect(['store.newer_schema', 'backup.not_sound']).toContain(await refusal(root, { from, to: path }))
  })
})

describe('a process that opens the file while it is replaced', () => {
  it('is told so, instead of writing to the file that was put aside: store.replaced', async () => {
    const { path, from } = await setUp()
    await asPlainSql(path, 'PRAGMA journal_mode = DELETE')
    const holder = await keepingPlainSql(
      path,
      'PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE',
    )

    const opener = fork(fileURLToPath(new URL('./plain-sql.mjs', import.meta.url)), [path, 'SELECT 1'], {
      silent: true,
    })
    onTestFinished(() => void opener.kill('SIGKILL'))
    let said = ''
    opener.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said += text
    })
    // It waits for the lock once it has the file open.
    await expect.poll(() => descriptorsOn(opener.pid ?? 0, path), { timeout: 20_000 }).toBeGreaterThan(0)
    copyFileSync(from, `${path}.new`)
    renameSync(`${path}.new`, path)
    holder.kill('SIGKILL')

    const [code] = await once(opener, 'exit')
    expect(code).toBe(1)
    expect(said).toContain('store.replaced')
  })
})

/** How often another process has a file open. */
const descriptorsOn = (pid: number, path: string): number => {
  const { ino } = statSync(path)
  const folder = `/proc/${pid}/fd`
  return readdirSync(folder).filter((fd) => statSync(join(folder, fd), { throwIfNoEntry: false })?.ino === ino).length
}
