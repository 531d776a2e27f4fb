import { claim } from '@holdfast/store'
import { bind, bindingOf, openDatabase, sqlite } from '@holdfast/store/sqlite'
import { inChild } from '../support/in-child.mjs'
import { percentile } from '../support/statistics.mjs'
import { QUEUE } from '../support/work.mjs'

/** Claims in one transaction: few enough that what is pending stays about as much as it was. */
const IN_TRANSACTION = 50

/**
 * How long the store's own claim takes inside a transaction that is open already: without BEGIN, COMMIT, fsync and the
 * way to the writer's thread. Every transaction is rolled back, so each claim meets the same file.
 */
inChild(async ({ path, batch, samples }) => {
  const connection = openDatabase({ path, role: 'writer' })
  const run = bind(bindingOf(sqlite, claim), connection.db)
  const request = () => ({
    tenants: ['default'],
    queues: [QUEUE],
    taskId: null,
    owner: 'bench',
    processId: null,
    limit: batch,
    leaseMs: 30_000,
    ahead: false,
    rotation: 0,
    nowMs: Date.now(),
  })
  const once = () => {
    const args = request()
    const start = process.hrtime.bigint()
    const verdict = run(args)
    const took = Number(process.hrtime.bigint() - start) / 1_000
    if (!verdict.ok || verdict.value.length !== batch)
      throw new Error(`a claim of ${batch} gave ${JSON.stringify(verdict).slice(0, 200)}`)
    return took
  }
  const times = []
  // The first transaction prepares the statements, and reads the pages that the others find in memory.
  for (let round = -1; times.length < samples; round += 1) {
    connection.exec('BEGIN IMMEDIATE')
    for (let i = 0; i < Math.max(1, Math.min(IN_TRANSACTION, Math.floor(1_000 / batch / 2))); i += 1) {
      const took = once()
      if (round >= 0) times.push(took)
    }
    connection.exec('ROLLBACK')
  }
  const about = {
    driver: connection.driver,
    engineVersion: connection.sqliteVersion,
    durability: connection.durability,
  }
  connection.close()
  return { p50Us: percentile(times, 0.5), p99Us: percentile(times, 0.99), about }
})
