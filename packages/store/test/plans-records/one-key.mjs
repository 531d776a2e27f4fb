// One of several processes that run the same keys on one file: node one-key.mjs <store.db> <executions.log> <keys>
import { appendFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { openStore } from '@holdfast/store/sqlite'

const [path, log, keys] = process.argv.slice(2)
const store = await openStore({ path, durability: 'process' })

/** Runs a key, waiting while another process is at it. */
const run = async (key) => {
  for (let tries = 0; tries < 1_000; tries += 1) {
    try {
      return await store.idempotency.run(key, { request: { key } }, async () => {
        appendFileSync(log, `${key}\n`) // the effect: what must not happen twice
        return { key, executedBy: process.pid }
      })
    } catch (error) {
      if (error.code !== 'idempotency.in_progress') throw error
      await sleep(5)
    }
  }
  throw new Error(`${key} stayed in progress`)
}

const answers = await Promise.all(Array.from({ length: Number(keys) }, (_, at) => run(`key-${at}`)))
console.log(JSON.stringify(answers))
await store.close()
