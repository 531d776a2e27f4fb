import { Memory } from '@holdfast/memory'
import { sqlite as memoryModule } from '@holdfast/memory/sqlite'
import { repositories } from '@holdfast/store'
import { openStore, sqlite } from '@holdfast/store/sqlite'

/*
 * Makes a file that another tenant lives in, the canary: each of its texts holds the secret, and it has something of
 * every kind that a route may read or change. Prints its ids as one line of JSON.
 *
 * Arguments: the file, the tenant, the secret.
 */
const [path, tenant, secret] = process.argv.slice(2)

/** No worker has this queue, so nothing but an abuser changes these rows. */
const QUEUE = 'canary'
const A_YEAR_MS = 365 * 24 * 3_600_000

const store = await openStore({ path, modules: [sqlite, memoryModule] })
const { tasks, leases, checkpoints, workItems } = repositories(store).forTenant(tenant)

const submit = async (name, options = {}) => {
  const id = `canary-${name}`
  const input = { secret, name }
  await tasks.submit({ id, type: 'echo', queue: QUEUE, input, metadata: { secret }, ...options })
  return id
}

const [ended, failed] = [await submit('ended'), await submit('failed')]
const checkpointIds = []
for (const lease of await leases.claim({ queue: QUEUE, owner: 'canary', limit: 2 })) {
  const { id } = await checkpoints.append(lease, { type: 'iteration_end', snapshot: { secret } })
  checkpointIds.push(id)
  if (lease.workItemId === ended) await leases.complete(lease, { secret })
  else await leases.fail(lease, { code: 'canary', message: secret })
}
const open = await submit('open')
const scheduled = await submit('scheduled', { delayMs: A_YEAR_MS })
// An id and a key that the other side uses as well.
const taken = await submit('taken')
const answer = { id: 'canary-keyed', type: 'echo' }
const request = { type: 'echo', input: { name: 'keyed' } }
const keyed = await submit('keyed', { idempotency: { key: 'http:canary-key', request, response: answer } })

const memory = new Memory(store, { tenant })
await memory.remember('canary', 'note', `the kookaburra knows ${secret}`)

const ids = [ended, failed, open, scheduled, keyed]
const items = (await Promise.all(ids.map((taskId) => workItems.list({ taskId })))).flat().map(({ id }) => id)
await store.close()
process.stdout.write(
  `${JSON.stringify({ ids: [...new Set([...ids, ...items, ...checkpointIds])], taken, key: 'canary-key', request })}\n`,
)
