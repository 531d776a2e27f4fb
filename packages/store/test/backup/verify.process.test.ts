import {
  copyFileSync,
  mkdirSync,
  openSync,
  readdirSync,
  closeSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { verifyBackup } from '@holdfast/store/sqlite'
import { describe, expect, it, vi } from 'vitest'
import { tempFolder } from '../database/temp-folder.js'
import { manifestOf } from './manifest.js'
import { asPlainSql } from './plain-sql.js'
import { madeStore } from './store-process.js'

// Every step is a process of its own, and a start takes two seconds on Node 24.
vi.setConfig({ testTimeout: 60_000 })

const setUp = async () => {
  const root = tempFolder()
  const from = join(root, 'monday.db')
  const workFolder = join(root, 'work')
  mkdirSync(workFolder)
  await madeStore(from, 20)
  return { root, from, workFolder }
}

const DROPPED = [
  'events_guard_delete',
  'work_items_guard_update',
  'tasks_guard_delete',
  'idempotency_keys_guard_delete',
]
const anyTrigger = (sql: string): string => `${DROPPED.map((name) => `DROP TRIGGER ${name};`).join(' ')} ${sql}`

describe('a backup is verified', () => {
  it('by restoring it into a temporary place, of which nothing is left; the backup is only read', async () => {
    const { root, from, workFolder } = await setUp()
    const before = manifestOf(root)

    expect(await verifyBackup({ from, workFolder })).toMatchObject({ path: from, isSound: true, rows: { tasks: 20 } })
    expect(manifestOf(root)).toEqual(before)
  })

  it.each([
    ['a journal with a hole', `DELETE FROM events WHERE work_item_seq = 3`, 'journal.gap'],
    [
      'an item that ended without its journal',
      `UPDATE work_items SET state = 'cancelled', reason = 'cancelled', finished_at_ms = 9, fencing_token = 1 WHERE seq = 2;
       DELETE FROM events WHERE type = 'item.cancelled'; UPDATE work_item_streams SET event_position = 1`,
      'journal.contradiction',
    ],
    ['a task without its items', `DELETE FROM work_items WHERE seq = 1`, 'task.without_items'],
    [
      'a token behind what was written under it',
      `UPDATE events SET fencing_token = 9 WHERE work_item_seq = 1`,
      'fencing.behind',
    ],
    ['a permit that was left', `INSERT INTO retention_permits VALUES ('task', 1)`, 'retention.permit_left'],
    ['a dropped trigger', 'SELECT 1', 'schema.missing'],
    ['an index that was dropped', 'DROP INDEX work_items_claimable', 'schema.missing'],
  ])('and %s is found', async (_what, sql, code) => {
    const { from } = await setUp()
    const others = (await triggersOf(from)).filter((name) => !DROPPED.includes(name))
    await asPlainSql(
      from,
      `PRAGMA foreign_keys = OFF; ${others.map((name) => `DROP TRIGGER "${name}";`).join('')} ${anyTrigger(sql)}; PRAGMA journal_mode = DELETE`,
    )

    const { isSound, findings } = await verifyBackup({ from })

    expect(isSound).toBe(false)
    expect(findings.map((finding) => finding.code)).toContain(code)
  })

  it('and a page that was overwritten is found, or keeps it from being read at all', async () => {
    const { from } = await setUp()
    const file = openSync(from, 'r+')
    writeSync(file, Buffer.alloc(4_096, 0x5a), 0, 4_096, 4_096 * 20)
    closeSync(file)

    const outcome = await verifyBackup({ from }).then(
      ({ findings }) => findings.map(({ code }) => String(code)),
      ({ code }: { code: string }) => [code],
    )

    expect(outcome).toContain('store.corrupt')
  })

  it.each([
    ['nothing there', () => {}, 'store.missing'],
    ['an empty file', (path: string) => writeFileSync(path, ''), 'store.not_a_database'],
    ['text', (path: string) => writeFileSync(path, 'my diary, and nothing else, '.repeat(40)), 'store.not_a_database'],
    ['a folder', (path: string) => mkdirSync(path), 'store.not_a_database'],
  ])('and %s is refused', async (_what, make, code) => {
    const { root, workFolder } = await setUp()
    const from = join(root, 'other.db')
    make(from)

    await expect(verifyBackup({ from, workFolder })).rejects.toMatchObject({ code })
    expect(readdirSync(workFolder)).toEqual([])
  })

  it('and one that was cut while it was copied is found', async () => {
    const { root, from } = await setUp()
    const cut = join(root, 'cut.db')
    copyFileSync(from, cut)
    truncateSync(cut, 8_192)

    const outcome = await verifyBackup({ from: cut }).then(
      ({ isSound }) => isSound,
      ({ code }: { code: string }) => code,
    )
    expect([false, 'store.corrupt']).toContain(outcome)
  })
})

/** By a library of another process, because this one is not to open the file. */
const triggersOf = async (path: string): Promise<readonly string[]> => {
  const { execFileSync } = await import('node:child_process')
  const script = `const { openDatabase } = await import('@holdfast/store/sqlite')
    const connection = openDatabase({ path: process.argv[1], role: 'writer' })
    console.log(JSON.stringify(connection.prepare("SELECT name FROM sqlite_schema WHERE type = 'trigger'").all().map(({ name }) => name)))
    connection.exec('PRAGMA journal_mode = DELETE')
    connection.close()`
  return JSON.parse(
    execFileSync(process.execPath, ['--input-type=module', '-e', script, path], {
      cwd: import.meta.dirname,
      encoding: 'utf8',
    }),
  ) as readonly string[]
}
