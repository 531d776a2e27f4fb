// A program with a store of its own, whose callers write and read without a pause worth mentioning, and note what became
// of each call: `node callers.mjs <database> [on-the-event-loop]`.
import { isBusy, openDatabase, openStore } from '@holdfast/store/sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { watchGaps } from './gaps.mjs'

const [path, where] = process.argv.slice(2)
const PAUSE_MS = 5

const nowMs = () => performance.timeOrigin + performance.now()
const store = await openStore({ path })

const acknowledged = []
const submit = async () => {
  const { taskId } = await store.tasks.submit({ type: 'stalled', input: null })
  acknowledged.push(taskId)
}

/** What a program does that takes the lock by itself, where its event loop runs. */
const takesTheLockHere = () => {
  const connection = openDatabase({ path, role: 'writer' })
  return async () => {
    while (!tookIt(connection)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1)
    connection.exec('COMMIT')
  }
}
const tookIt = (connection) => {
  try {
    connection.exec('BEGIN IMMEDIATE')
    return true
  } catch (error) {
    if (!isBusy(error)) throw error
    return false
  }
}

let calls = { writes: [], reads: [] }
const callAgainAndAgain = async (kind, call) => {
  for (;;) {
    const startedMs = nowMs()
    const code = await call().then(
      () => null,
      (error) => error.code ?? String(error),
    )
    calls[kind].push({ startedMs, endedMs: nowMs(), code })
    await sleep(PAUSE_MS)
  }
}

/** Every acknowledged task that isn't there. */
const missing = async () => {
  const lost = []
  for (const id of acknowledged) if (!(await store.tasks.get(id))) lost.push(id)
  return lost
}

const gaps = watchGaps()
const answer = async ({ ask }) => {
  if (ask === 'begin') {
    calls = { writes: [], reads: [] }
    gaps.forget()
    process.send({ begun: true })
  } else if (ask === 'report') process.send({ ...calls, gaps: gaps.seen() })
  else process.send({ acknowledged: acknowledged.length, missing: await missing() })
}
process.on('message', (question) => void answer(question))
process.once('disconnect', () => process.exit(0))

void callAgainAndAgain('writes', where === 'on-the-event-loop' ? takesTheLockHere() : submit)
void callAgainAndAgain('reads', () => store.tasks.list({ limit: 1 }))
process.send({ ready: true })
