import { getTableConfig } from 'drizzle-orm/sqlite-core'
import { describe, expect, it } from 'vitest'
import { postgresTriggers } from '../../src/postgres/index.js'
import * as schema from '../../src/sqlite/index.js'
import { catalogOf, namesOf } from '../support/catalog.js'
import { type Fresh, count, insert, only, refuses, update } from '../support/db.js'
import {
  ANSWER,
  checkpointRow,
  claim,
  enqueue,
  finished,
  itemRow,
  keyRow,
  permit,
  sectionRow,
  settle,
  taskRow,
} from '../support/rows.js'

const tables = [
  schema.tasks,
  schema.workItems,
  schema.workItemStreams,
  schema.checkpoints,
  schema.checkpointVerifications,
  schema.idempotencyKeys,
  schema.events,
  schema.processes,
  schema.retentionPermits,
  schema.schemaMigrations,
  schema.schemaVersions,
  schema.storeProperties,
  schema.documents,
  schema.sections,
].map((table) => getTableConfig(table))

/** What a freshly migrated database holds and does. */
export const migrationPromises = (fresh: Fresh): void => {
  describe('a migrated database', () => {
    it('has all tables', async () => {
      const found = namesOf(await catalogOf(await fresh()), 'table')

      expect(found.filter((name) => !name.startsWith('sections_fts'))).toEqual(tables.map(({ name }) => name).sort())
    })

    it('has all indexes', async () => {
      const found = namesOf(await catalogOf(await fresh()), 'index')

      const named = tables.flatMap(({ indexes }) => indexes.map(({ config }) => config.name))
      expect(named.length).toBeGreaterThan(30)
      expect(found).toEqual(expect.arrayContaining(named))
    })

    it('has all triggers', async () => {
      const db = await fresh()

      const triggers = db.engine === 'sqlite' ? schema.sqliteTriggers : postgresTriggers
      expect(namesOf(await catalogOf(db), 'trigger')).toEqual(triggers.map(({ name }) => name).sort())
    })

    it('has no defaults: what a row says, somebody said', async () => {
      const db = await fresh()
      await insert(db, 'tasks', taskRow())
      const row = itemRow()

      for (const column of ['state', 'priority', 'attempt', 'max_attempts', 'fencing_token', 'visible_at_ms']) {
        const { [column]: _, ...rest } = row
        await refuses(db, 'not null', 'work_items', () => insert(db, 'work_items', rest))
      }
    })

    it('numbers its rows from 1: no row can take the number that SQLite shows for one not yet given', async () => {
      const db = await fresh()
      await enqueue(db)
      await claim(db)

      for (const [table, row] of Object.entries({
        tasks: taskRow({ id: 'T2' }),
        work_items: itemRow({ id: 'W2', is_root: 0 }),
        checkpoints: checkpointRow(),
        idempotency_keys: keyRow(),
        sections: sectionRow(),
      }))
        for (const seq of [-1, 0])
          await refuses(db, `check ${table}_seq`, table, () => insert(db, table, { ...row, seq }))
    })

    it('carries an item from pending through its lease to completed', async () => {
      const db = await fresh()
      await enqueue(db)

      const token = await claim(db)
      expect(await only(db, 'select state, lease_owner, attempt from work_items')).toEqual({
        state: 'running',
        lease_owner: 'w-1',
        attempt: 1,
      })
      await settle(db, 'completed', token)

      expect(await only(db, 'select state, result, lease_owner from work_items')).toEqual({
        state: 'completed',
        result: '{"ok":true}',
        lease_owner: null,
      })
      expect(await only(db, 'select state from tasks')).toEqual({ state: 'completed' })
    })

    it('refuses a status that nobody knows, at birth and later', async () => {
      const db = await fresh()
      await enqueue(db)

      await refuses(db, 'work_item.invalid_insert', 'work_items', () =>
        insert(db, 'work_items', itemRow({ id: 'W2', is_root: 0, state: 'leased' })),
      )
      await refuses(db, 'work_item.illegal_transition', 'work_items', () =>
        update(db, 'work_items', { state: 'leased' }, 'seq = 1'),
      )
    })

    it('protects a terminal item', async () => {
      const db = await fresh()
      await finished(db)

      await refuses(db, 'work_item.already_terminal', 'work_items', () =>
        update(db, 'work_items', { state: 'pending' }, 'seq = 1'),
      )
    })

    it('appends checkpoints and finds the latest', async () => {
      const db = await fresh()
      await enqueue(db)
      await claim(db)

      for (const position of [1, 2, 3])
        await insert(db, 'checkpoints', checkpointRow({ id: `C${position}`, position, snapshot: String(position) }))

      expect(
        await only(db, 'select snapshot from checkpoints where work_item_seq = 1 order by position desc limit 1'),
      ).toEqual({ snapshot: '3' })
    })

    it('refuses a checkpoint of a type that nobody knows', async () => {
      const db = await fresh()
      await enqueue(db)
      await claim(db)

      await refuses(db, 'check checkpoints_type', 'checkpoints', () =>
        insert(db, 'checkpoints', checkpointRow({ type: 'backup' })),
      )
    })

    it('keeps an idempotency key from pending to completed', async () => {
      const db = await fresh()
      await insert(db, 'idempotency_keys', keyRow())

      await update(db, 'idempotency_keys', { ...ANSWER, settle_token: 1 }, 'seq = 1')

      expect(await only(db, `select state, response from idempotency_keys where key = 'K1'`)).toEqual({
        state: 'completed',
        response: '"done"',
      })
    })

    it('holds foreign keys', async () => {
      const db = await fresh()
      await enqueue(db)

      await refuses(db, 'foreign key', 'work_items', () =>
        insert(db, 'work_items', itemRow({ id: 'W2', is_root: 0, parent_seq: 99 })),
      )
      await refuses(db, 'foreign key', 'idempotency_keys', () =>
        insert(db, 'idempotency_keys', keyRow({ task_seq: 99 })),
      )
    })

    it('cascades from a task', async () => {
      const db = await fresh()
      await finished(db)
      await insert(db, 'idempotency_keys', keyRow({ task_seq: 1, work_item_seq: 1 }))
      await permit(db, 'task', 1)

      await db.exec('delete from tasks')

      for (const table of ['work_items', 'checkpoints', 'checkpoint_verifications', 'events', 'work_item_streams'])
        expect(await count(db, table)).toBe(0)
      expect(await only(db, 'select task_seq, work_item_seq from idempotency_keys')).toEqual({
        task_seq: null,
        work_item_seq: null,
      })
    })

    it('records versions by scope, one row each', async () => {
      const db = await fresh()
      const version = { scope: 'core', version: 1, updated_at_ms: 1_000 }
      const applied = { scope: 'core', version: 1, name: '0000_initial', hash: 'h', applied_at_ms: 1_000 }
      await insert(db, 'schema_versions', version)
      await insert(db, 'schema_migrations', applied)

      await refuses(db, 'unique', 'schema_versions', () => insert(db, 'schema_versions', version))
      await refuses(db, 'unique', 'schema_migrations', () => insert(db, 'schema_migrations', applied))
    })
  })
}
