import type pg from 'pg'
import { beforeEach, describe, expect, it } from 'vitest'
import { type Db, insert, only } from './support/db.js'
import { plainWriter, postgresDatabase } from './support/postgres.js'
import { checkpointRow, claim, enqueue, itemRow, outcome, revoke, settle } from './support/rows.js'

const postgres = postgresDatabase()

/** Two sessions, and a third that looks. */
let db: Db
let clients: [pg.Client, pg.Client]
let one: Db
let other: Db

beforeEach(async () => {
  db = await postgres.fresh()
  clients = [await postgres.connect(), await postgres.connect()]
  one = plainWriter(clients[0])
  other = plainWriter(clients[1])
})

/** Resolves once a session waits for a lock that another one holds. */
const untilSomebodyWaits = async (): Promise<void> => {
  for (let looked = 0; looked < 500; looked++) {
    const { n } = await only(db, `select count(*) as n from pg_stat_activity where wait_event_type = 'Lock'`)
    if (n === 1) return
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  throw new Error('nobody waits')
}

describe('two sessions at once on PostgreSQL', () => {
  it('that end the last two items of a task settle it', async () => {
    await enqueue(db)
    await insert(db, 'work_items', itemRow({ id: 'W2', is_root: 0, parent_seq: 1 }))
    const tokens = [await claim(db), await claim(db, 'W2')] as const

    await one.exec('begin')
    await settle(one, 'completed', tokens[0])
    await other.exec('begin')
    const second = settle(other, 'completed', tokens[1], 'W2')
    await untilSomebodyWaits()
    await one.exec('commit')
    await second
    await other.exec('commit')

    expect(await only(db, 'select state from tasks')).toEqual({ state: 'completed' })
  })

  it('let no stale checkpoint land behind a reclaim', async () => {
    await enqueue(db)
    const stale = await claim(db)

    await one.exec('begin')
    await revoke(one, { state: 'pending', reason: 'expired' })
    const late = insert(other, 'checkpoints', checkpointRow({ fencing_token: stale }))
    const refused = expect(late).rejects.toMatchObject({ reason: 'lease.lost' })
    await untilSomebodyWaits()
    await one.exec('commit')
    await refused

    expect(await db.all('select id from checkpoints')).toEqual([])
  })

  it('give no position twice', async () => {
    await enqueue(db)
    await claim(db)

    await one.exec('begin')
    await insert(one, 'checkpoints', checkpointRow())
    const second = insert(other, 'checkpoints', checkpointRow({ id: 'C2' }))
    const refused = expect(second).rejects.toMatchObject({ reason: 'checkpoint.position_conflict' })
    await untilSomebodyWaits()
    await one.exec('commit')
    await refused

    expect(await only(db, 'select id from checkpoints')).toEqual({ id: 'C1' })
  })

  it('add no item to a task that has just ended', async () => {
    await enqueue(db)
    const token = await claim(db)

    await one.exec('begin')
    await settle(one, 'completed', token)
    const late = insert(other, 'work_items', itemRow({ id: 'W2', is_root: 0, parent_seq: 1 }))
    const refused = expect(late).rejects.toMatchObject({ reason: 'work_item.invalid_insert' })
    await untilSomebodyWaits()
    await one.exec('commit')
    await refused
  })

  it('do not both end one item: the first outcome stands', async () => {
    await enqueue(db)
    const token = await claim(db)

    await one.exec('begin')
    await revoke(one, outcome('cancelled'))
    const late = settle(other, 'completed', token)
    const refused = expect(late).rejects.toMatchObject({ reason: 'work_item.already_terminal' })
    await untilSomebodyWaits()
    await one.exec('commit')
    await refused

    expect(await only(db, 'select state, result from work_items')).toEqual({ state: 'cancelled', result: null })
  })
})

describe('the clock of the database', () => {
  it('is the server’s in milliseconds, until a test sets it', async () => {
    const before = Date.now()
    const { now } = await only(one, 'select holdfast_now_ms() as now')
    expect(Number(now)).toBeGreaterThan(before - 60_000)
    expect(Number(now)).toBeLessThan(Date.now() + 60_000)

    await one.exec(`set holdfast.now_ms = '1000'`)
    expect(await only(one, 'select holdfast_now_ms() as now')).toEqual({ now: 1_000 })

    await one.exec('reset holdfast.now_ms')
    expect(Number((await only(one, 'select holdfast_now_ms() as now')).now)).toBeGreaterThan(1_000)
  })
})
