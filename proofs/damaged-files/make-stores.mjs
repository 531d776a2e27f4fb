// Makes stores with work in every state, and says what they acknowledged. Run as a process of its own, with two paths. It
// stands still while its parent copies the files: what is copied then is what kill -9 would leave.
import { once } from 'node:events'
import { openStore } from '@holdfast/store/sqlite'
import Libsql from 'libsql'
import { digestOf } from './ledger.mjs'

const [path, otherPath] = process.argv.slice(2)
const TASKS = 6
/** Large enough to spill over into pages of its own. */
const SNAPSHOT = 'what was found so far; '.repeat(400)

let made = 0
/** The same files in every run: ids follow on each other, and so does time. */
const ids = () => {
  made += 1
  return `018bcfe5-6800-7000-8000-${String(made).padStart(12, '0')}`
}
const clock = { nowMs: () => 1_700_000_000_000 + made, monotonicMs: () => performance.now() }
const open = (at) => openStore({ path: at, ids, clock })

const ledger = {}
const first = await open(path)
await addTasks(first, ledger)
await copied('earlier', path, ledger)
await addTasks(first, ledger)
await first.close()
const file = new Libsql(path)
file.exec('PRAGMA wal_checkpoint(TRUNCATE)')
file.close()
await copied('closed', path, ledger)
const again = await open(path)
await addTasks(again, ledger)
await copied('killed', path, ledger)
const otherLedger = {}
await addTasks(await open(otherPath), otherLedger)
await copied('other', otherPath, otherLedger)
process.kill(process.pid, 'SIGKILL')

/** Some that wait, some that run, some with a checkpoint, some that are completed. */
async function addTasks(store, into) {
  const note = async (taskId) => {
    into[taskId] = [...(into[taskId] ?? []), await digestOf(store, taskId)]
  }
  for (let index = 0; index < TASKS; index += 1) {
    const { taskId } = await store.tasks.submit({ type: 'sum', queue: 'damage', input: { index } })
    await note(taskId)
    if (index % 3 === 0) continue
    const [lease] = await store.leases.claim({ queue: 'damage', owner: 'maker', limit: 1, leaseMs: 3_600_000 })
    await note(lease.taskId)
    await store.checkpoints.append(lease, { type: 'iteration_end', snapshot: { index, SNAPSHOT } })
    await note(lease.taskId)
    if (index % 3 === 1) continue
    await store.leases.complete(lease, { index })
    await note(lease.taskId)
  }
}

async function copied(name, from, acknowledged) {
  process.send({ name, from, ledger: acknowledged })
  await once(process, 'message')
}
