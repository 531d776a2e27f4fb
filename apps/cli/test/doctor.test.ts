import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { knownDefects, openDatabase, openStore, type Examination } from '@holdfast/store/sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { doctor } from '../src/commands/doctor.js'
import { recordingTerminal } from './recording-terminal.js'

let folder = ''
let path = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-doctor-'))
  path = join(folder, 'holdfast.db')
})
afterEach(() => rm(folder, { recursive: true, force: true }))

/** A file with one submitted task, closed again. */
const made = async (): Promise<void> => {
  const store = await openStore({ path, durability: 'process' })
  await store.tasks.submit({ type: 'greet', input: null })
  await store.close()
}

const asPlainSql = (sql: string): void => {
  const connection = openDatabase({ path, role: 'writer' })
  connection.exec(sql)
  connection.close()
}

const lookedAt = async (options: { json?: boolean; full?: boolean } = {}) => {
  const terminal = recordingTerminal()
  const exitCode = await doctor(terminal, { HOLDFAST_DATA_DIR: folder }, '/', options)
  return { exitCode, terminal }
}
const findings = async () => {
  const { exitCode, terminal } = await lookedAt({ json: true })
  return { exitCode, found: (JSON.parse(terminal.text) as Examination).findings.map(({ code }) => code) }
}

describe('doctor', () => {
  it('says what a good file holds, and gives 0', async () => {
    await made()

    const { exitCode, terminal } = await lookedAt()

    expect(exitCode).toBe(0)
    expect(terminal.text).toContain(path)
    expect(terminal.text).toMatch(/^durability +process$/m)
    expect(terminal.text).toMatch(/^settings +journal_mode wal, synchronous 1, /m)
    expect(terminal.text).toMatch(/^items +pending 1$/m)
  })

  it.each([{ full: false }, { full: true }])(
    'finds no problem in a good file, the quick way or in full: %o',
    async (options) => {
      await made()

      const { exitCode, terminal } = await lookedAt(options)

      expect(exitCode).toBe(0)
      expect(terminal.text).not.toContain('problem')
    },
  )

  it('gives the same as JSON', async () => {
    await made()

    const { terminal } = await lookedAt({ json: true })

    expect(JSON.parse(terminal.text)).toMatchObject({
      path,
      durability: 'process',
      tasks: { active: 1 },
      workItems: { pending: 1 },
      schemaVersions: { core: expect.any(Number) },
    })
  })

  it('finds a lease that ran out and was not taken back, and gives 1', async () => {
    await made()
    asPlainSql(`UPDATE work_items SET state = 'running', attempt = 1, fencing_token = 1, lease_owner = 'gone',
      lease_ms = 1, lease_acquired_at_ms = 1, heartbeat_at_ms = 1, lease_expires_at_ms = 2, updated_at_ms = 2`)

    const { exitCode, terminal } = await lookedAt()

    expect(exitCode).toBe(1)
    expect(terminal.text).toContain('problem  lease.unswept: 1 leases ran out')
    expect(terminal.text).toContain('start the API or a worker')
  })

  it('finds a retention permit that outlived its transaction', async () => {
    await made()
    asPlainSql(`INSERT INTO retention_permits (kind, row_seq) VALUES ('task', 1)`)

    expect(await findings()).toMatchObject({ exitCode: 1, found: expect.arrayContaining(['retention.permit_left']) })
  })

  it('finds rows that point at nothing', async () => {
    await made()
    asPlainSql(`PRAGMA foreign_keys = OFF;
      INSERT INTO idempotency_keys (tenant, key, request_hash, state, fencing_token, owner, lease_ms, lease_expires_at_ms, task_seq, created_at_ms, expires_at_ms)
      VALUES ('default', 'k', 'sha256:${'0'.repeat(64)}', 'pending', 1, 'w', 1, 2, 99, 1, 2)`)

    expect(await findings()).toMatchObject({ exitCode: 1, found: expect.arrayContaining(['store.foreign_keys']) })
  })

  it('notices work that nobody takes, which is no problem of the file', async () => {
    await made()
    asPlainSql('UPDATE work_items SET updated_at_ms = created_at_ms - 120000')

    expect(await findings()).toMatchObject({ exitCode: 0, found: expect.arrayContaining(['queue.unattended']) })
  })

  it('refuses a file that is not there, and makes none', async () => {
    await expect(lookedAt()).rejects.toMatchObject({ code: 'store.missing' })
    await expect(rm(path)).rejects.toMatchObject({ code: 'ENOENT' })
  })

  it.each([
    ['text', 'my diary, and nothing else, for as long as it takes to be no database'],
    ['nothing', ''],
  ])('refuses a file of %s', async (_what, content) => {
    await writeFile(path, content)

    await expect(lookedAt()).rejects.toMatchObject({ code: 'store.not_a_database' })
  })

  it('looks at the file that the config names, beside it, as a worker would: unless the environment names one', async () => {
    await made()
    await writeFile(
      join(folder, 'holdfast.config.mjs'),
      `export default { database: './holdfast.db', tasks: ['./gone.mjs'] }`,
    )
    const env = { HOLDFAST_CONFIG: join(folder, 'holdfast.config.mjs'), HOLDFAST_DATA_DIR: join(folder, 'elsewhere') }
    const terminal = recordingTerminal()

    expect(await doctor(terminal, env, '/', {})).toBe(0)
    expect(terminal.text).toContain(path)
    await expect(
      doctor(terminal, { ...env, HOLDFAST_DATABASE_URL: `file:${join(folder, 'none.db')}` }, '/', {}),
    ).rejects.toMatchObject({ code: 'store.missing' })
  })

  it('refuses a config file that was named and is not there', async () => {
    await made()

    await expect(
      doctor(recordingTerminal(), { HOLDFAST_DATA_DIR: folder, HOLDFAST_CONFIG: 'none.ts' }, folder, {}),
    ).rejects.toMatchObject({ code: 'config.not_found' })
  })

  it('says which SQLite it looked through, and what is known of that version', async () => {
    await made()

    const { terminal } = await lookedAt({ json: true })

    const { driver, sqliteVersion, findings: found } = JSON.parse(terminal.text) as Examination
    expect((await lookedAt()).terminal.text).toMatch(new RegExp(`^engine +${driver}, SQLite ${sqliteVersion}$`, 'm'))
    expect(found.filter(({ code }) => code.startsWith('sqlite.'))).toEqual(
      knownDefects(sqliteVersion).map((defect) => ({ severity: 'notice', ...defect })),
    )
  })

  it('looks at the file that HOLDFAST_DATABASE_URL names, and refuses another kind of database without its password', async () => {
    await made()
    const looked = (url: string) => doctor(recordingTerminal(), { HOLDFAST_DATABASE_URL: url }, folder, {})

    expect(await looked(`file:${path}`)).toBe(0)
    const refusal = await looked('libsql://me:secret@db.example/x').catch((error: Error) => error)
    expect(refusal).toMatchObject({ code: 'store.unsupported' })
    expect((refusal as Error).message).not.toContain('secret')
  })
})
