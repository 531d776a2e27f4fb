import { execFile } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, describe, expect, it } from 'vitest'
import { driftOf } from '../scripts/drift.mjs'
import { loadEngines } from '../scripts/engines.mjs'
import { migrationFolder } from '../scripts/folder.mjs'
import { generate } from '../scripts/generate.mjs'
import { catalogOf } from './support/catalog.js'
import { sqliteFiles } from './support/sqlite.js'

const PACKAGE = join(import.meta.dirname, '..')

// Below node_modules, so that the copies of the built schema find drizzle-orm and run as they were built.
const root = mkdtempSync(join(PACKAGE, 'node_modules/.drift-'))
afterAll(() => rmSync(root, { recursive: true }))

let copies = 0

/** A built schema and its migrations, to be changed at will. */
const copy = () => {
  const folder = join(root, String(copies++))
  const [built, out] = [join(folder, 'dist'), join(folder, 'drizzle')]
  cpSync(join(PACKAGE, 'dist'), built, { recursive: true })
  cpSync(join(PACKAGE, '../../drizzle'), out, { recursive: true })
  const edit = (path, change) => {
    const text = readFileSync(join(folder, path), 'utf8')
    const changed = change(text)
    expect(changed, `nothing was changed in ${path}`).not.toBe(text)
    writeFileSync(join(folder, path), changed)
  }
  return { folder, built, out, edit }
}

const enginesOf = async ({ built, out }) =>
  (await loadEngines(built)).map((engine) => ({
    engine,
    folder: migrationFolder(join(out, engine.name), engine.dialect),
  }))

const drift = async (copied) => {
  const engines = await enginesOf(copied)
  return (await Promise.all(engines.map(({ engine, folder }) => driftOf(engine, folder)))).flat()
}

const writeNext = async (copied, name) => {
  const tags = []
  for (const { engine, folder } of await enginesOf(copied))
    tags.push(await generate(engine, folder, { name, nowMs: 1 }))
  return tags
}

/** The command itself, as `npm test` runs it. */
const check = async ({ built, out }) => {
  const args = [join(PACKAGE, 'scripts/migrations.mjs'), '--check', '--built', built, '--out', out]
  try {
    const { stdout } = await promisify(execFile)(process.execPath, args)
    return { exitCode: 0, said: stdout }
  } catch (error) {
    const { code, stderr } = error
    return { exitCode: code, said: stderr }
  }
}

/** Removes one entry from a JSON file below a drizzle folder. */
const without =
  (...path) =>
  (text) => {
    const value = JSON.parse(text)
    const last = path.at(-1)
    const parent = path.slice(0, -1).reduce((inner, key) => inner[key], value)
    delete parent[last]
    return JSON.stringify(value)
  }

describe('the drift gate', () => {
  it('is green when schema and migrations agree, and says what it saw', async () => {
    const { exitCode, said } = await check(copy())

    expect(said).toMatch(/sqlite: 14 tables, \d+ objects, \d+ migrations, no drift/)
    expect(said).toMatch(/postgres: 14 tables, \d+ objects, \d+ migrations, no drift/)
    expect(exitCode).toBe(0)
  })

  it('exits with 1 and names what drifted', async () => {
    const copied = copy()
    copied.edit('drizzle/sqlite/record.json', without('objects', 'tasks_guard_update'))

    const { exitCode, said } = await check(copied)

    expect(said).toContain('sqlite: object: tasks_guard_update is')
    expect(said).toContain('nothing in the migrations')
    expect(exitCode).toBe(1)
  })

  it.each([
    [
      'a column that the schema has lost',
      'sqlite: table: tables.processes.columns.version is nothing in the schema',
      ({ edit }) => edit('dist/sqlite/processes.js', (text) => text.replace(/^.*text\('version'\).*\n/m, '')),
    ],
    [
      'a CHECK that has changed',
      'postgres: table: tables.public.tasks.checkConstraints.tasks_finished.value',
      ({ edit }) => edit('dist/postgres/tasks.js', (text) => text.replace('is not null) = (', 'is not null) <> (')),
    ],
    [
      'a predicate of an index that has changed',
      'sqlite: table: tables.work_items.indexes.work_items_due.where',
      ({ edit }) =>
        edit('dist/sqlite/work-items.js', (text) => text.replace("is(t.state, 'scheduled')", "is(t.state, 'pending')")),
    ],
    [
      'a trigger that the record has lost',
      'sqlite: object: work_items_guard_update is',
      ({ edit }) => edit('drizzle/sqlite/record.json', without('objects', 'work_items_guard_update')),
    ],
    [
      'a trigger that has changed',
      'postgres: object: work_items_settle_task.create',
      ({ edit }) =>
        edit('dist/postgres/triggers/settle.js', (text) => text.replace("state = 'active'", "state <> 'x'")),
    ],
    [
      'a rule that was taken away',
      'sqlite: object: events_guard_update is nothing in the schema',
      ({ edit }) => edit('dist/triggers/events.js', (text) => text.replace(/^.*event: 'update'.*\n/m, '')),
    ],
    [
      'a table option',
      'sqlite: table options: events is "STRICT" in the schema, "STRICT, WITHOUT ROWID" in the migrations',
      ({ edit }) =>
        edit('dist/sqlite/table-options.js', (text) =>
          text.replace("events: 'STRICT, WITHOUT ROWID'", "events: 'STRICT'"),
        ),
    ],
    [
      'a migration that was edited after it was written',
      'sqlite: migration 0000_initial.sql was edited',
      ({ edit }) => edit('drizzle/sqlite/0000_initial.sql', (text) => text.replace(') STRICT;', ');')),
    ],
    [
      'a migration without an entry in the journal',
      'postgres: migration 0001_by_hand.sql has no entry in the journal',
      ({ out }) => writeFileSync(join(out, 'postgres/0001_by_hand.sql'), 'select 1;'),
    ],
    [
      'a migration that is gone',
      'sqlite: migration 0000_initial of the journal has no .sql file',
      ({ out }) => rmSync(join(out, 'sqlite/0000_initial.sql')),
    ],
    [
      'an empty folder, where nothing could be checked',
      'sqlite: no migrations found',
      ({ out, folder }) => renameSync(out, join(folder, 'elsewhere')),
    ],
  ])('goes red for %s', async (_, expected, change) => {
    const copied = copy()
    change(copied)

    expect(await drift(copied)).toContainEqual(expect.stringContaining(expected))
  })
})

const statementsIn = ({ out }, ...tags) =>
  tags.flatMap((tag) => readFileSync(join(out, 'sqlite', `${tag}.sql`), 'utf8').split('--> statement-breakpoint'))

describe('the next migration', () => {
  const open = sqliteFiles({ asTheStoreDoes: true })

  it('is not written when nothing has changed', async () => {
    expect(await writeNext(copy(), 'nothing')).toEqual([undefined, undefined])
  })

  it('adds what is new and leaves the gate green', async () => {
    const copied = copy()
    copied.edit('dist/sqlite/processes.js', (text) =>
      text.replace(/^.*text\('version'\).*\n/m, "$&        region: text('region'),\n"),
    )

    expect(await writeNext(copied, 'add_region')).toEqual(['0001_add_region', undefined])

    expect(statementsIn(copied, '0001_add_region').map((statement) => statement.trim())).toEqual([
      'ALTER TABLE `processes` ADD `region` text;',
    ])
    expect(await drift(copied)).toEqual([])
  })

  it('makes every trigger again where a table has to be rebuilt, and keeps the rows', async () => {
    const copied = copy()
    copied.edit('dist/process-state.js', (text) => text.replace("'embedded'", "'embedded', 'browser'"))
    copied.edit('dist/task-state.js', (text) => text.replace("'any', 'root'", "'any', 'root', 'all'"))

    expect(await writeNext(copied, 'more_kinds')).toEqual(['0001_more_kinds', '0001_more_kinds'])

    const db = await open(statementsIn(copied, '0000_initial'))
    const before = await catalogOf(db)
    await db.exec(`insert into tasks (tenant, id, type, state, failure_policy, created_at_ms)
      values ('t', 'T1', 'x', 'active', 'any', 1)`)
    for (const statement of statementsIn(copied, '0001_more_kinds')) await db.exec(statement)
    const after = await catalogOf(db)
    expect(Object.keys(after).sort()).toEqual(Object.keys(before).sort())
    expect(
      Object.keys(after)
        .filter((name) => after[name] !== before[name])
        .sort(),
    ).toEqual(['table processes', 'table tasks'])
    expect(statementsIn(copied, '0001_more_kinds').join()).not.toContain('sections_fts USING')
    expect(after['table tasks']).toContain(') STRICT')
    expect(await db.all('select id from tasks')).toEqual([{ id: 'T1' }])
    expect(await drift(copied)).toEqual([])
  })

  it('is refused when it may be a rename: drizzle-kit would ask, and without a terminal exit with 0', async () => {
    const copied = copy()
    copied.edit('dist/sqlite/processes.js', (text) => text.replace("text('version')", "text('release')"))

    await expect(writeNext(copied, 'rename')).rejects.toThrow(
      'columns of processes version went and release came in one migration: is it a rename?',
    )
  })

  it('is refused for a table without table options', async () => {
    const copied = copy()
    copied.edit('dist/sqlite/table-options.js', (text) => text.replace("tasks: 'STRICT',", ''))
    rmSync(copied.out, { recursive: true })

    await expect(writeNext(copied, 'initial')).rejects.toThrow('table tasks has no table options')
  })
})
