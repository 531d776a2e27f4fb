import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { createSweeper } from '@holdfast/engine'
import { openStore } from '@holdfast/store/sqlite'

/*
 * A process on the shared file that does what it is told, a line of JSON each, and answers each with a line.
 * Argument: the file.
 */
const [path] = process.argv.slice(2)
const store = await openStore({ path })
const owner = `process ${process.pid}`
const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`)
const REST_MS = 500
let sweeper

const COMMANDS = {
  /** Claims items, and holds them. */
  claim: ({ queue, limit, leaseMs }) => store.leases.claim({ queue, owner, limit, leaseMs }),
  checkpoint: ({ lease, snapshot }) => store.checkpoints.append(lease, { type: 'iteration_end', snapshot }),
  /**
   * As many as it can, one after the other, until it is killed. Each is told once it is acknowledged; after fifty it rests,
   * so that one that was acknowledged too early isn't saved by the next.
   */
  checkpointForEver: async ({ lease }) => {
    for (let n = 1; ; n += 1) {
      const { position } = await store.checkpoints.append(lease, { type: 'iteration_end', snapshot: { n } })
      say({ acknowledged: n, position })
      if (n % 50 === 0) await sleep(REST_MS)
    }
  },
  latest: ({ item }) => store.checkpoints.latest(item, { type: 'iteration_end' }),
  complete: ({ lease, result }) => store.leases.complete(lease, result),
  sweep: async () => {
    sweeper ??= createSweeper({ store, sweeper: owner })
    sweeper.start()
  },
  /** Looks a key up, and executes where there is no answer yet. */
  ask: async ({ key }) => {
    let executed = false
    const answer = await store.idempotency.run(key, { request: { key } }, async () => {
      executed = true
      return { answer: `to ${key}`, by: process.pid }
    })
    return { executed, answer }
  },
  leave: async () => {
    await sweeper?.stop()
    await store.close()
    say({ done: true })
    process.exit(0)
  },
}

createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, command, ...args } = JSON.parse(line)
  Promise.resolve(COMMANDS[command](args)).then(
    (value) => say({ id, value: value ?? null }),
    (error) => say({ id, refused: error.code ?? 'unknown', message: error.message }),
  )
})
say({ ready: true })
