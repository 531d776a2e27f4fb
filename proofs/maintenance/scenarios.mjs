import { copyFileSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createSweeper } from '@holdfast/engine'
import { backup, migrate, migrationsFolder, openDatabase, openStore, restore } from '@holdfast/store/sqlite'
import { mark } from '../power-loss/mark.mjs'
import { bytesDigest, contradictions, opened, rowsDigest, valuesOf } from './contents.mjs'

/**
 * What maintenance does to files, each as three parts.
 *
 * @typedef {object} Scenario
 * @property {(folder: string, random: import('../support/random.mjs').Random) => Promise<void>} prepare Makes what is
 * there, and durable, when the recording begins. Runs in a process of its own, which may kill itself.
 * @property {(folder: string) => Promise<void>} run What is recorded. It marks `done` when its caller has been told so.
 * @property {(folder: string) => unknown} know What its checker must know, from what was there before or after.
 * @property {(folder: string, known: { before: any, after: any }) => { problems: string[], isNew: boolean }} check Judges a
 * disk: `isNew` when everything that was done is there.
 */

const DATABASE = 'holdfast.db'
const BACKUP = 'backup.db'
const at = (folder, name = DATABASE) => join(folder, name)

const openAt = (folder, options = {}) => openStore({ path: at(folder), writer: 'inline', readers: 0, ...options })

const done = () => mark({ said: 'done' })

/** Ends this process as a crash does: the log stays beside the database. */
const die = () => process.kill(process.pid, 'SIGKILL')

/** Open and ended tasks with journals, checkpoints and keys, and leases that are held. */
const fill = async (store, random) => {
  const count = random.between(6, 14)
  for (let n = 0; n < count; n += 1)
    await store.tasks.submit({ id: `task-${n}`, type: 'test', input: 'x'.repeat(random.int(3_000)) })
  const leases = await store.leases.claim({ owner: 'w', queue: 'test', limit: random.between(4, count - 1) })
  for (const lease of leases) {
    for (let k = random.int(4); k > 0; k -= 1)
      await store.checkpoints.append(lease, { type: 'iteration_end', snapshot: k })
    if (random.int(2) === 0) await store.leases.complete(lease, { n: random.int(100) })
  }
  for (let n = 0; n < 4; n += 1) {
    const claim = await store.idempotency.checkOrCreate(`key-${n}`, { request: n, ttlMs: 60_000, leaseMs: 1_000 })
    if (n < 2) await store.idempotency.complete(claim.ref, { answer: n })
  }
}

const look = (path) =>
  opened(path, (connection) => ({ rows: rowsDigest(connection), problems: contradictions(connection) }))

/** Everything that was ever under the name is the old database or the new one, and the old one isn't lost. */
const oldOrNew = (folder, { before, after }) => {
  const bytes = bytesDigest(at(folder))
  if (bytes === undefined) return before.bytes === undefined ? fine(false) : wrong('there is no database any more')
  const isNew = bytes === after.bytes
  if (!isNew && before.bytes === undefined) return wrong('the new database has its name and not its bytes')
  if (!isNew)
    return isOld(at(folder), before) ? fine(false) : wrong('the database is neither the old one nor the new one')
  if (before.bytes === undefined) return fine(true)
  const kept = readdirSync(folder).find((name) => /\.replaced-[^-]*$/.test(name))
  if (kept === undefined) return wrong('the old database is gone')
  return isOld(at(folder, kept), before) ? fine(true) : wrong('the old database was not kept whole')
}

const isOld = (path, before) => {
  if (before.isDamaged) return bytesDigest(path) === before.bytes
  const { rows, problems } = look(path)
  return rows === before.rows && problems.length === 0
}

const fine = (isNew) => ({ problems: [], isNew })
const wrong = (...problems) => ({ problems, isNew: false })

const knowFile = (folder) => ({ bytes: bytesDigest(at(folder)) })
/** Through a copy: what is recorded stays as it is. */
const knowRows = (folder) => {
  const copy = at(folder, 'copy')
  mkdirSync(copy)
  try {
    for (const end of ['', '-wal'])
      if (statSync(`${at(folder)}${end}`, { throwIfNoEntry: false }))
        copyFileSync(`${at(folder)}${end}`, `${at(copy)}${end}`)
    return { bytes: bytesDigest(at(folder)), ...look(at(copy)) }
  } finally {
    rmSync(copy, { recursive: true })
  }
}

/** A backup of an earlier moment, and the database after more has happened, crashed. */
const databaseAndBackup = async (folder, random) => {
  const store = await openAt(folder)
  await fill(store, random)
  await backup({ path: at(folder), to: at(folder, BACKUP) })
  for (let n = 0; n < 5; n += 1) await store.tasks.submit({ type: 'test', input: 'later' })
  die()
}

const restoring = {
  run: async (folder) => {
    await restore({ from: at(folder, BACKUP), to: at(folder) })
    done()
  },
  check: oldOrNew,
}

const NOTES = {
  '0000_notes': `CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;
--> statement-breakpoint
INSERT INTO notes (id, text) SELECT seq, id FROM tasks;`,
  '0001_titles': `CREATE TABLE titled (id INTEGER PRIMARY KEY, title TEXT NOT NULL) STRICT;
--> statement-breakpoint
INSERT INTO titled (id, title) SELECT id, upper(text) FROM notes;
--> statement-breakpoint
DROP TABLE notes;
--> statement-breakpoint
ALTER TABLE titled RENAME TO notes;
--> statement-breakpoint
CREATE INDEX notes_by_title ON notes (title);`,
}

const notesFolder = (folder) => at(folder, 'notes')

/** @type {Record<string, Scenario>} */
export const SCENARIOS = {
  'the first migration': {
    prepare: async () => {},
    run: async (folder) => {
      const store = await openAt(folder)
      done()
      await store.tasks.submit({ id: 'first', type: 'test', input: null })
      await store.close()
    },
    know: () => null,
    check: (folder) => {
      const size = statSync(at(folder), { throwIfNoEntry: false })?.size ?? 0
      if (size === 0) return fine(false)
      return opened(at(folder), (connection) => {
        const objects = valuesOf(connection, 'SELECT count(*) FROM sqlite_schema')[0]
        return objects === 0 ? fine(false) : { problems: contradictions(connection), isNew: true }
      })
    },
  },

  'a later migration': {
    prepare: async (folder, random) => {
      const store = await openAt(folder)
      await fill(store, random)
      await store.close()
      mkdirSync(join(notesFolder(folder), 'meta'), { recursive: true })
      const names = Object.keys(NOTES)
      for (const name of names) writeFileSync(join(notesFolder(folder), `${name}.sql`), NOTES[name])
      const entries = names.map((tag, idx) => ({ idx, tag }))
      writeFileSync(join(notesFolder(folder), 'meta', '_journal.json'), JSON.stringify({ entries }))
      die()
    },
    run: async (folder) => {
      const connection = openDatabase({ path: at(folder), role: 'writer' })
      const scopes = { notes: notesFolder(folder) }
      migrate(connection, { folder: migrationsFolder('sqlite'), scopes, storeId: 'x', nowMs: Date.now() })
      done()
      connection.close()
    },
    know: knowRows,
    check: (folder, { before }) =>
      opened(at(folder), (connection) => {
        const problems = [...contradictions(connection)]
        if (rowsDigest(connection) !== before.rows)
          problems.push('rows were changed by a migration that leaves them alone')
        const version = valuesOf(connection, `SELECT version FROM schema_versions WHERE scope = 'notes'`)[0] ?? 0
        const applied = valuesOf(connection, `SELECT count(*) FROM schema_migrations WHERE scope = 'notes'`)[0]
        const made = valuesOf(
          connection,
          `SELECT name FROM sqlite_schema WHERE sql IS NOT NULL AND tbl_name IN ('notes', 'titled')`,
        )
        const found = JSON.stringify([version, applied, made.sort()])
        if (found !== '[0,0,[]]' && found !== '[2,2,["notes","notes_by_title"]]')
          problems.push(`half migrated: ${found}`)
        return { problems, isNew: version === 2 }
      }),
  },

  recovery: {
    prepare: async (folder, random) => {
      const store = await openAt(folder)
      await fill(store, random)
      die()
    },
    run: async (folder) => {
      const store = await openAt(folder)
      const { errors } = await createSweeper({ store }).scanNow()
      if (errors.length > 0) throw new Error(JSON.stringify(errors))
      done()
      await store.close()
    },
    know: (folder) => {
      const copy = knowRows(folder)
      return { rows: copy.rows }
    },
    check: (folder) =>
      opened(at(folder), (connection) => {
        const problems = [...contradictions(connection)]
        const ends = valuesOf(
          connection,
          `SELECT id FROM work_items WHERE (state = 'running') <> (fencing_token = 1 AND finished_at_ms IS NULL)`,
        )
        if (ends.length > 0) problems.push(`${ends.join(', ')}: not as it was leased, and not as it was taken back`)
        const held = valuesOf(connection, `SELECT count(*) FROM work_items WHERE state = 'running'`)[0]
        return { problems, isNew: held === 0 }
      }),
  },

  'a backup': {
    prepare: async (folder, random) => {
      const store = await openAt(folder)
      await fill(store, random)
      die()
    },
    run: async (folder) => {
      const store = await openAt(folder)
      const copying = copied(folder)
      for (let n = 0; n < 3; n += 1) await store.tasks.submit({ type: 'test', input: 'meanwhile' })
      await copying
      await store.tasks.submit({ type: 'test', input: 'afterwards' })
      await store.close()
    },
    know: (folder) => ({ bytes: bytesDigest(at(folder, BACKUP)) }),
    check: (folder, { after }) => {
      const bytes = bytesDigest(at(folder, BACKUP))
      const problems = [...look(at(folder)).problems]
      if (bytes !== undefined && bytes !== after.bytes) problems.push('the backup has its name and is not whole')
      return { problems, isNew: bytes !== undefined }
    },
  },

  'a restore over a database': { ...restoring, prepare: databaseAndBackup, know: knowRows },

  'a restore over a damaged database': {
    ...restoring,
    prepare: async (folder, random) => {
      const store = await openAt(folder)
      await fill(store, random)
      await backup({ path: at(folder), to: at(folder, BACKUP) })
      writeFileSync(at(folder), 'this was a database once; '.repeat(900))
      writeFileSync(`${at(folder)}-wal`, 'and this its log')
      die()
    },
    know: (folder) => ({ ...knowFile(folder), isDamaged: true }),
  },

  'a restore where there is none': {
    ...restoring,
    prepare: async (folder, random) => {
      const elsewhere = at(folder, 'elsewhere')
      mkdirSync(elsewhere)
      const store = await openAt(elsewhere)
      await fill(store, random)
      await backup({ path: at(elsewhere), to: at(folder, BACKUP) })
      // The log of a database that is gone would be played into the one that takes its name.
      copyFileSync(`${at(elsewhere)}-wal`, `${at(folder)}-wal`)
      rmSync(elsewhere, { recursive: true })
      die()
    },
    know: knowFile,
  },

  retention: {
    prepare: async (folder, random) => {
      const store = await openAt(folder)
      await fill(store, random)
      die()
    },
    run: async (folder) => {
      let stoodMs = 0
      const later = {
        nowMs: () => Date.now() + 3_600_000 + stoodMs,
        monotonicMs: () => performance.now() + stoodMs,
      }
      const store = await openAt(folder, { clock: later })
      const finishedBeforeMs = later.nowMs()
      for (let isMore = true; isMore; )
        isMore = (await store.retention.deleteFinishedTasks({ finishedBeforeMs, limit: 5 })).remaining
      for (let from = 0; from !== undefined; )
        from = (await store.retention.pruneCheckpoints({ keep: 1, afterItemSeq: from, limit: 3 })).nextItemSeq
      // A store that has just begun doesn't trust the clock that far: its second look, a while later, does.
      await store.sweep.expireKeys({ limit: 500 })
      stoodMs = 600_000
      await store.sweep.expireKeys({ limit: 500 })
      done()
      await store.close()
    },
    know: (folder) => knowTasks(folder),
    check: (folder, { before }) =>
      opened(at(folder), (connection) => {
        const problems = [...contradictions(connection)]
        const left = new Set(valuesOf(connection, 'SELECT id FROM tasks'))
        const lost = before.open.filter((id) => !left.has(id))
        if (lost.length > 0) problems.push(`open tasks are gone: ${lost.join(', ')}`)
        const items = new Set(valuesOf(connection, 'SELECT id FROM work_items'))
        const keys = new Set(valuesOf(connection, 'SELECT key FROM idempotency_keys'))
        const floor = Number(
          valuesOf(connection, `SELECT value FROM store_properties WHERE name = 'fencing_floor'`)[0] ?? 0,
        )
        const gone = [
          ...before.items.filter(([id]) => !items.has(id)),
          ...before.keys.filter(([key]) => !keys.has(key)),
        ]
        if (gone.some(([, token]) => token > floor))
          problems.push(`the floor ${floor} is below a token that was deleted`)
        return { problems, isNew: keys.size === 0 && before.ended.every((id) => !left.has(id)) }
      }),
  },
}

const copied = async (folder) => {
  await backup({ path: at(folder), to: at(folder, BACKUP) })
  done()
}

const knowTasks = (folder) => {
  const copy = at(folder, 'copy')
  mkdirSync(copy)
  try {
    for (const end of ['', '-wal'])
      if (statSync(`${at(folder)}${end}`, { throwIfNoEntry: false }))
        copyFileSync(`${at(folder)}${end}`, `${at(copy)}${end}`)
    return opened(at(copy), (connection) => ({
      open: valuesOf(connection, `SELECT id FROM tasks WHERE state = 'active'`),
      ended: valuesOf(connection, `SELECT id FROM tasks WHERE state <> 'active'`),
      items: connection
        .prepare('SELECT id, fencing_token AS token FROM work_items')
        .all()
        .map(({ id, token }) => [id, token]),
      keys: connection
        .prepare('SELECT key, fencing_token AS token FROM idempotency_keys')
        .all()
        .map(({ key, token }) => [key, token]),
    }))
  } finally {
    rmSync(copy, { recursive: true })
  }
}
