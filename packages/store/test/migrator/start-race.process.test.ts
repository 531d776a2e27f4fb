import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openDatabase } from '../../src/sqlite/database.js'
import { migrationsFolder } from '../../src/sqlite/migration-files.js'
import { migrate } from '../../src/sqlite/migrator.js'
import { tempPath } from '../database/temp-folder.js'
import { migrationFolder, NOTES, RECORDS, TAGS } from './migration-folder.js'

const STARTER = fileURLToPath(new URL('./start-race.mjs', import.meta.url))
const STARTERS = 10

interface Started {
  readonly applied?: readonly number[]
  readonly code?: string
  readonly message?: string
}

/** Starts real processes, lets all of them go at once, and answers with what each said. */
const startTogether = async (path: string, folder: string): Promise<readonly Started[]> => {
  const children = await Promise.all(Array.from({ length: STARTERS }, (_, n) => startOne(path, folder, `store-${n}`)))
  const answers = children.map(async (child) => (await once(child, 'message'))[0] as Started)
  for (const child of children) child.send('go')
  return Promise.all(answers)
}

const startOne = async (path: string, folder: string, storeId: string): Promise<ChildProcess> => {
  const child = fork(STARTER, [path, folder, storeId])
  onTestFinished(() => void child.kill('SIGKILL'))
  await once(child, 'message')
  return child
}

const files = { '0000_records': RECORDS, '0001_notes': NOTES, '0002_tags': TAGS }

describe('ten processes that start at once', () => {
  const expectAppliedOnce = (path: string, answers: readonly Started[], expected: readonly number[]): void => {
    expect(answers.filter((answer) => answer.applied === undefined)).toEqual([])
    expect(answers.flatMap((answer) => answer.applied ?? [])).toEqual(expected)
    const connection = openDatabase({ path, role: 'writer' })
    onTestFinished(() => connection.close())
    expect(connection.prepare('SELECT version FROM schema_migrations ORDER BY version').raw().all()).toEqual([
      [1],
      [2],
      [3],
    ])
    expect(connection.prepare('SELECT count(*) AS n FROM store_properties').get()).toEqual({ n: 2 })
    expect(connection.pragma('integrity_check')).toBe('ok')
  }

  it('on no file yet: each migration runs once, and everybody starts', async () => {
    const path = tempPath()

    const answers = await startTogether(path, migrationFolder(files))

    expectAppliedOnce(path, answers, [1, 2, 3])
  })

  it('on no file yet, with the migrations that are shipped: they run once, triggers included', async () => {
    const path = tempPath()

    const answers = await startTogether(path, migrationsFolder('sqlite'))

    expect(answers.filter((answer) => answer.applied === undefined)).toEqual([])
    const applied = answers.flatMap((answer) => answer.applied ?? [])
    expect(applied).toEqual(applied.map((_, index) => index + 1))
    const connection = openDatabase({ path, role: 'writer' })
    onTestFinished(() => connection.close())
    const record = connection.prepare('SELECT version FROM schema_migrations ORDER BY version').all()
    expect(record.map(({ version }) => version)).toEqual(applied)
    expect(
      connection.prepare(`SELECT count(*) AS n FROM sqlite_master WHERE type = 'trigger'`).get()?.n,
    ).toBeGreaterThan(20)
    expect(connection.pragma('integrity_check')).toBe('ok')
  })

  it('on a file that is behind: only what is missing runs, once', async () => {
    const path = tempPath()
    const { '0000_records': records } = files
    const connection = openDatabase({ path, role: 'writer', create: true })
    migrate(connection, { folder: migrationFolder({ '0000_records': records }), storeId: 'first', nowMs: 0 })
    connection.close()

    const answers = await startTogether(path, migrationFolder(files))

    expectAppliedOnce(path, answers, [2, 3])
  })
})
