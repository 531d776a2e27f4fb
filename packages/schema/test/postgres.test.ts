import { describe, expect, it } from 'vitest'
import { attacks } from './attacks/index.js'
import { count, refuses } from './support/db.js'
import { postgresDatabase } from './support/postgres.js'
import { finished } from './support/rows.js'

const { fresh } = postgresDatabase()

attacks(fresh)

describe('TRUNCATE', () => {
  it.each([
    'tasks',
    'work_items',
    'work_item_streams',
    'checkpoints',
    'checkpoint_verifications',
    'events',
    'idempotency_keys',
  ])('is refused for %s', async (table) => {
    const db = await fresh()
    await finished(db)

    await refuses(db, 'retention.not_permitted', table, () => db.exec(`truncate ${table} cascade`))

    expect(await count(db, 'events')).toBe(5)
  })
})
