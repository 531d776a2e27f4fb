import { createInterface } from 'node:readline'
import { createWorker, defineTask } from '@holdfast/engine'
import { note } from '../storm/ledger.mjs'
import { openStore } from '../storm/recorded-open-store.mjs'

/*
 * A process that works under a name that it shares with another one. It works when it is told to, and its handlers hold
 * their items until they are told to finish. Then they try everything that a lease allows, whatever their signal says.
 *
 * Arguments: the file, the name, the length of a lease, items at once.
 */
const [path, owner, leaseMs, concurrency] = process.argv.slice(2)

const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`)

/** Opened once for all who wait behind it. */
const newGate = () => {
  const gate = {}
  gate.opened = new Promise((resolve) => {
    gate.open = resolve
  })
  return gate
}

let gate = newGate()

/** What came of an attempt to write: the code of the refusal, or that there was none. */
const answerTo = async (write) => {
  try {
    await write()
    return 'accepted'
  } catch (error) {
    return error.code ?? String(error)
  }
}

/** Every way to end an item under a lease. */
const ENDINGS = {
  complete: (leases, ref, value) => leases.complete(ref, value),
  completeAll: async (leases, ref, value) => {
    const other = { ...ref, workItemId: `${ref.workItemId}-that-is-not-there` }
    const [verdict] = await leases.completeAll([
      { lease: ref, result: value },
      { lease: other, result: value },
    ])
    if (!verdict.ok) throw verdict.refusal
  },
  fail: (leases, ref, value) => leases.fail(ref, { code: 'proof', message: JSON.stringify(value) }),
  release: (leases, ref) => leases.release(ref),
}

const hold = defineTask(
  'hold',
  { leaseMs: Number(leaseMs), maxAttempts: 10, queue: 'hold' },
  async (ctx, { ending, successor }) => {
    const { tenant, workItemId, fencingToken: token, store, attempt } = ctx
    const ref = { tenant, workItemId, fencingToken: token }
    const value = { token }
    const key = await store.idempotency.checkOrCreate(`effect of ${workItemId}`, { request: workItemId, lease: ref })
    say({ held: workItemId, token, attempt })
    // The successor of a zombie ends some of the items before the zombie wakes, and holds the others.
    if (attempt === 1 || successor === 'holds') await gate.opened
    const answers = {
      heartbeat: await answerTo(() => store.leases.heartbeat(ref, { leaseMs: Number(leaseMs) })),
      checkpoint: await answerTo(() => ctx.checkpoint('iteration_end', value)),
      log: await answerTo(() => ctx.log(value)),
      key: await answerTo(() => store.idempotency.complete(key.ref, value)),
    }
    // The last attempt ends as every other one does: by what its handler returns.
    if (attempt === 1) answers.ending = await answerTo(() => ENDINGS[ending](store.leases, ref, value))
    note({ event: 'tried', item: workItemId, token, attempt, answers })
    say({ tried: workItemId, token, attempt })
    return value
  },
)

const store = await openStore({ path })
let worker

const COMMANDS = {
  work: async () => {
    worker = createWorker({
      store,
      tasks: [hold],
      owner,
      concurrency: Number(concurrency),
      onEvent: ({ event, workItemId, code }) => {
        if (workItemId !== undefined) say({ event, item: workItemId, code })
      },
    })
    await worker.start()
    say({ working: true })
  },
  finish: async () => gate.open(),
  rest: async () => {
    await worker.stop()
    gate = newGate()
    say({ working: false })
  },
  leave: async () => {
    await store.close()
    process.exit(0)
  },
}

createInterface({ input: process.stdin }).on('line', (line) => void COMMANDS[line]())
say({ ready: true })
