import { once } from 'node:events'
import { openStore } from '@holdfast/store/sqlite'

/**
 * Run as a process of its own: says that it is ready, begins at the first line it is told, claims and completes until
 * nothing is left, and prints the ids that it completed, one batch a line. Arguments: the file, the owner's name,
 * items per claim.
 */
const [path = '', owner = '', limit = '1'] = process.argv.slice(2)

const store = await openStore({ path, create: false })
process.stdout.write(`${JSON.stringify({ ready: owner })}\n`)
await once(process.stdin, 'data')
process.stdin.destroy()

for (let rotation = 0; ; rotation += 1) {
  const leases = await store.leases.claim({ queue: 'test', owner, limit: Number(limit), rotation })
  if (leases.length === 0) break
  const verdicts = await store.leases.completeAll(leases.map((lease) => ({ lease, result: owner })))
  const refused = verdicts.filter((verdict) => !verdict.ok)
  const completed = leases.filter((_, index) => verdicts[index]?.ok).map((lease) => lease.workItemId)
  process.stdout.write(`${JSON.stringify({ completed, refused })}\n`)
}
await store.close()
