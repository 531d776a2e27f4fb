import { createInterface } from 'node:readline'
import { openStore } from '@holdfast/store/sqlite'
import { requestOf } from './callers.mjs'

/** A process that works under the keys it is told, and never ends: what somebody does who dies in the middle. */
const [path] = process.argv.slice(2)
const store = await openStore({ path })

const hold = async (key) => {
  const { outcome } = await store.idempotency.checkOrCreate(`http:${key}`, { request: requestOf(key, 'the one') })
  process.stdout.write(`${JSON.stringify({ holds: key, outcome })}\n`)
}
createInterface({ input: process.stdin }).on('line', (key) => void hold(key))
process.stdout.write(`${JSON.stringify({ ready: true })}\n`)
