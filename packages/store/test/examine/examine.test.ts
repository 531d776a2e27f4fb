import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { chmod, truncate } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import {
  examine,
  FINDING_CODES,
  knownDefects,
  migrationsFolder,
  openDatabase,
  openStore,
  type ExamineOptions,
  type Finding,
  type FindingCode,
} from '@holdfast/store/sqlite'
import { systemClock } from '@holdfast/store'
import { describe, expect, it } from 'vitest'
import { jumps } from '../../src/sqlite/examine/clock-sanity.js'
import { room, wal } from '../../src/sqlite/examine/disk.js'
import { schemaDrift } from '../../src/sqlite/examine/schema-drift.js'
import { sideFiles } from '../../src/sqlite/examine/side-files.js'
import { readMigrations } from '../../src/sqlite/migration-files.js'
import { toyPath } from '../support/open-toy-store.js'
import { overwriteTable, withoutWal } from '../support/damage.js'
import { leaveLikeKilled } from '../support/leave-like-killed.js'

/** A file with a task that is completed, one that runs, and one that waits; its lock files are gone with its process. */
const madeFile = async (): Promise<string> => {
  const path = toyPath()
  const store = await openStore({ path, writer: 'inline', durability: 'power' })
  await store.processes.register({ id: store.info().processId, kind: 'worker', host: 'here', pid: 1, version: '1' })
  for (const type of ['one', 'two', 'three']) await store.tasks.submit({ type, queue: 'work', input: null })
  const claim = { queues: ['work'], owner: 'w', processId: store.info().processId, leaseMs: 3_600_000, limit: 1 }
  const [lease] = await store.leases.claim(claim)
  if (!lease) throw new Error('nothing to claim')
  await store.checkpoints.append(lease, { type: 'tool_executed', snapshot: { n: 1 } })
  await store.checkpoints.append(lease, { type: 'tool_executed', snapshot: { n: 2 } })
  await store.leases.complete(lease, 'done')
  await store.leases.claim(claim)
  await store.processes.stop(store.info().processId)
  await store.close()
  return path
}

/** The same with every page in the database file itself, and none in the write-ahead log. */
const madeWithoutWal = async (): Promise<string> => withoutWal(await madeFile())

/** As somebody with a SQLite shell would, who asks no trigger. */
const asPlainSql = (path: string, sql: string): void => {
  const connection = openDatabase({ path, role: 'writer' })
  connection.exec(sql)
  connection.close()
}

/** The guard is taken away and put back, so that the schema is none the wiser. */
const around = (path: string, triggers: readonly string[], sql: string): void => {
  const connection = openDatabase({ path, role: 'writer' })
  const texts = triggers.map((name) =>
    String(connection.prepare('SELECT sql FROM sqlite_schema WHERE name = ?').get(name)?.sql),
  )
  connection.exec(`PRAGMA foreign_keys = OFF; ${triggers.map((name) => `DROP TRIGGER ${name};`).join('')} ${sql};`)
  for (const text of texts) connection.exec(text)
  connection.close()
}

const found = (path: string, options: Partial<ExamineOptions> = {}): readonly Finding[] =>
  examine({ path, ...options }).findings
const codes = (findings: Iterable<Finding>): readonly FindingCode[] => [...findings].map(({ code }) => code)
const MINUTES = 60_000
const later = (ms: number) => ({ clock: { ...systemClock, nowMs: () => Date.now() + ms } })

describe('an examination of a good file', () => {
  it.each([{ full: false }, { full: true }])('finds nothing but what is known of this SQLite: %o', async (options) => {
    const path = await madeFile()

    const { findings, ...facts } = examine({ path, ...options })

    expect(findings).toEqual(knownDefects(facts.sqliteVersion).map((defect) => ({ severity: 'notice', ...defect })))
    expect(facts).toMatchObject({
      path,
      full: options.full,
      atMs: expect.any(Number),
      durability: 'power',
      settings: { journal_mode: 'wal', synchronous: 2, foreign_keys: 1, wal_autocheckpoint: 0 },
      schemaVersions: { core: expect.any(Number) },
      disk: { fileSystem: expect.any(String), freeBytes: expect.any(Number) },
      fileBytes: expect.any(Number),
      walBytes: expect.any(Number),
      tasks: { active: 2, completed: 1 },
      workItems: { pending: 1, running: 1, completed: 1 },
      processesAlive: 0,
    })
  })

  it('writes nothing', async () => {
    const path = await madeFile()
    const before = readFileSync(path)

    examine({ path, full: true })

    expect(readFileSync(path).equals(before)).toBe(true)
  })

  it('counts the processes that hold their lock, and not those that say so in the file', async () => {
    const path = await madeFile()
    const store = await openStore({ path, writer: 'inline' })

    const { processesAlive, findings } = examine({ path })
    await store.close()

    expect(processesAlive).toBe(1)
    expect(codes(findings)).not.toContain('stop.unclean')
  })
})

/** What provokes each finding, with its severity. */
const PROVOCATIONS: Readonly<
  Record<FindingCode, { severity: Finding['severity']; by: () => Promise<readonly Finding[]> }>
> = {
  'store.corrupt': {
    severity: 'problem',
    by: async () => {
      const path = await madeWithoutWal()
      await overwriteTable(path, 'work_items')
      return found(path)
    },
  },
  'store.foreign_keys': {
    severity: 'problem',
    by: async () => {
      const path = await madeFile()
      asPlainSql(
        path,
        `PRAGMA foreign_keys = OFF;
         INSERT INTO idempotency_keys (tenant, key, request_hash, state, fencing_token, owner, lease_ms, lease_expires_at_ms, task_seq, created_at_ms, expires_at_ms)
         VALUES ('default', 'k', 'sha256:${'0'.repeat(64)}', 'pending', 1, 'w', 1, 2, 99, 1, 2)`,
      )
      return found(path)
    },
  },
  'check.failed': {
    severity: 'problem',
    by: async () => {
      const path = await madeFile()
      asPlainSql(path, 'DROP TABLE retention_permits')
      return found(path)
    },
  },
  'schema.none': {
    severity: 'problem',
    by: async () => {
      const path = toyPath()
      const connection = openDatabase({ path, role: 'writer', create: true })
      connection.exec('CREATE TABLE notes (text TEXT)')
      connection.close()
      return found(path)
    },
  },
  'schema.behind': {
    severity: 'notice',
    by: async () => {
      const connection = openDatabase({ path: await madeFile(), role: 'reader' })
      const shipped = readMigrations(migrationsFolder('sqlite'))
      const next = { version: shipped.length + 1, name: 'next', hash: 'x', statements: [] }
      const findings = [...schemaDrift({ connection }, [...shipped, next])]
      connection.close()
      return findings
    },
  },
  'schema.ahead': {
    severity: 'problem',
    by: async () => {
      const path = await madeFile()
      asPlainSql(
        path,
        `INSERT INTO schema_migrations SELECT scope, version + 1, 'later', 'x', 1 FROM schema_migrations ORDER BY version DESC LIMIT 1;
         UPDATE schema_versions SET version = version + 1`,
      )
      return found(path)
    },
  },
  'schema.migration_changed': {
    severity: 'problem',
    by: async () => {
      const path = await madeFile()
      asPlainSql(path, `UPDATE schema_migrations SET hash = 'another'`)
      return found(path)
    },
  },
  'schema.missing': {
    severity: 'problem',
    by: async () => {
      const path = await madeFile()
      asPlainSql(path, 'DROP TRIGGER work_items_guard_update; DROP INDEX work_items_leased')
      return found(path)
    },
  },
  'schema.changed': {
    severity: 'problem',
    by: async () => {
      const path = await madeFile()
      asPlainSql(path, 'DROP INDEX work_items_leased; CREATE INDEX work_items_leased ON work_items (seq)')
      return found(path)
    },
  },
  'schema.foreign': {
    severity: 'notice',
    by: async () => {
      const path = await madeFile()
      asPlainSql(path, 'CREATE TABLE notes (text TEXT)')
      return found(path)
    },
  },
  'durability.none': {
    severity: 'problem',
    by: async () => {
      const path = toyPath()
      await (await openStore({ path, writer: 'inline', durability: 'none' })).close()
      return found(path)
    },
  },
  'disk.full': { severity: 'problem', by: async () => [...room({ fileSystem: 'ext4', freeBytes: 1_000 }, 4_096)] },
  'disk.tight': {
    severity: 'notice',
    by: async () => [...room({ fileSystem: 'ext4', freeBytes: 100_000_000 }, 90_000_000)],
  },
  'wal.large': { severity: 'notice', by: async () => [...wal(70_000_000)] },
  'stop.unclean': {
    severity: 'notice',
    by: async () => {
      const path = await madeFile()
      await leaveLikeKilled(path)
      return found(path)
    },
  },
  'files.open_to_others': {
    severity: 'notice',
    by: async () => {
      const path = await madeFile()
      await chmod(path, 0o644)
      return found(path)
    },
  },
  'files.foreign_owner': {
    severity: 'problem',
    by: async () => [
      ...sideFiles([
        { name: 'h.db', mode: 0o600, uid: 1_000 },
        { name: 'h.db-wal', mode: 0o600, uid: 0 },
      ]),
    ],
  },
  'process.dead': {
    severity: 'problem',
    by: async () => {
      const path = await madeFile()
      await leaveLikeKilled(path)
      return found(path, later(MINUTES))
    },
  },
  'process.silent': {
    severity: 'notice',
    by: async () => {
      const path = await madeFile()
      const store = await openStore({ path, writer: 'inline' })
      const { processId } = store.info()
      await store.processes.register({ id: processId, kind: 'api', host: 'here', pid: 2, version: '1' })
      const findings = found(path, later(10 * MINUTES))
      await store.close()
      return findings
    },
  },
  'lease.unswept': { severity: 'problem', by: async () => found(await madeFile(), later(61 * MINUTES)) },
  'work_item.not_promoted': {
    severity: 'problem',
    by: async () => {
      const path = toyPath()
      const store = await openStore({ path, writer: 'inline' })
      await store.tasks.submit({ type: 'one', input: null, delayMs: 1_000 })
      await store.close()
      return found(path, later(5 * MINUTES))
    },
  },
  'queue.unattended': { severity: 'notice', by: async () => found(await madeFile(), later(5 * MINUTES)) },
  'task.without_items': {
    severity: 'problem',
    by: async () => {
      const path = await madeFile()
      asPlainSql(
        path,
        `INSERT INTO tasks (tenant, id, type, state, failure_policy, created_at_ms) VALUES ('default', 'empty', 't', 'active', 'any', 1)`,
      )
      return found(path)
    },
  },
  'clock.ahead': { severity: 'notice', by: async () => found(await madeFile(), later(-5 * MINUTES)) },
  'clock.jumping': {
    severity: 'notice',
    by: async () => [...jumps({ wallMs: 1_000, monotonicMs: 0 }, { wallMs: 9_000, monotonicMs: 5 })],
  },
  'fencing.floor_damaged': {
    severity: 'problem',
    by: async () => {
      const path = await madeFile()
      asPlainSql(path, `INSERT INTO store_properties (name, value) VALUES ('fencing_floor', 'ten')`)
      return found(path)
    },
  },
  'fencing.behind': {
    severity: 'problem',
    by: async () => {
      const path = await madeFile()
      around(
        path,
        ['work_items_guard_update', 'work_items_journal_update'],
        'UPDATE work_items SET fencing_token = 0 WHERE fencing_token = 1',
      )
      return found(path)
    },
  },
  'journal.gap': {
    severity: 'problem',
    by: async () => {
      const path = await madeFile()
      around(path, ['events_guard_delete'], 'DELETE FROM events WHERE position = 2')
      return found(path)
    },
  },
  'journal.contradiction': {
    severity: 'problem',
    by: async () => {
      const path = await madeFile()
      around(path, ['events_guard_update'], `UPDATE events SET type = 'item.failed' WHERE type = 'item.completed'`)
      return found(path)
    },
  },
  'retention.permit_left': {
    severity: 'problem',
    by: async () => {
      const path = await madeFile()
      asPlainSql(path, `INSERT INTO retention_permits (kind, row_seq) VALUES ('task', 1)`)
      return found(path)
    },
  },
  'sqlite.wal_reset_race': {
    severity: 'notice',
    by: async () => knownDefects('3.45.1').map((defect) => ({ severity: 'notice', ...defect })),
  },
}

describe('an examination finds', () => {
  it.each(Object.entries(PROVOCATIONS))('%s, and says what to do', async (code, { severity, by }) => {
    const finding = (await by()).find((each) => each.code === code)

    expect(finding).toMatchObject({ severity, message: expect.stringMatching(/\w/), fix: expect.stringMatching(/\w/) })
  })

  it('every code that there is, and each has its line in the docs', () => {
    const docs = readFileSync(fileURLToPath(new URL('../../../../docs/doctor.md', import.meta.url)), 'utf8')
    const documented = [...docs.matchAll(/^\| `([a-z_.]+)` \| (problem|notice) \|/gm)].map(([, code, severity]) => [
      code,
      severity,
    ])

    expect(Object.keys(PROVOCATIONS).sort()).toEqual([...FINDING_CODES].sort())
    expect(Object.fromEntries(documented)).toEqual(
      Object.fromEntries(Object.entries(PROVOCATIONS).map(([code, { severity }]) => [code, severity])),
    )
  })

  it('damage once, however many checks meet it', async () => {
    const findings = await PROVOCATIONS['store.corrupt'].by()

    expect(codes(findings).filter((code) => code === 'store.corrupt')).toHaveLength(1)
  })

  it('the problems before the notices', async () => {
    const severities = found(await madeFile(), later(61 * MINUTES)).map(({ severity }) => severity)

    expect(severities).toEqual(severities.toSorted().reverse())
  })

  it('no foreign table where other packages have recorded tables of their own', async () => {
    const path = await madeFile()
    asPlainSql(path, `CREATE TABLE notes (text TEXT); INSERT INTO schema_versions VALUES ('notes', 0, 1)`)

    expect(codes(found(path))).not.toContain('schema.foreign')
  })

  it('nothing in a journal whose front retention has taken', async () => {
    const path = await madeFile()
    around(path, ['events_guard_delete'], 'DELETE FROM events WHERE position = 1')

    expect(codes(found(path))).toEqual(expect.not.arrayContaining(['journal.gap', 'journal.contradiction']))
  })
})

describe('an examination refuses', () => {
  it('a file that is not there, and one that is no database', () => {
    const path = toyPath()

    expect(() => examine({ path })).toThrow(expect.objectContaining({ code: 'store.missing' }))
    writeFileSync(path, 'my diary')
    expect(() => examine({ path })).toThrow(expect.objectContaining({ code: 'store.not_a_database' }))
  })

  it('a cut-off file, which SQLite does not open any more', async () => {
    const path = await madeWithoutWal()
    await truncate(path, statSync(path).size - 4_096)

    expect(() => examine({ path })).toThrow(expect.objectContaining({ code: 'store.corrupt' }))
  })
})
