// One run of a task, as a process of its own: submits it, works until it has ended, says how. Started by crashExplorer.
import { writeFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { createWorker, isTaskDefinition, submitUnknown, TaskRegistry } from '@holdfast/engine'
import { MAX_PAGE_LIMIT, type Store } from '@holdfast/store'
import { openStore } from '@holdfast/store/sqlite'
import type { FinalEvent } from '../history/index.js'
import { sqlite as crashPoint } from './crash-point.js'
import { thisRun, type EndReport } from './run.js'

/** A look costs some ten microseconds and takes no lock. */
const LOOK_MS = 5

const allItems = async (store: Store, taskId: string): Promise<readonly string[]> => {
  const ids: string[] = []
  let afterSeq = 0
  for (;;) {
    const page = await store.workItems.list({ taskId, afterSeq, limit: MAX_PAGE_LIMIT })
    ids.push(...page.map(({ id }) => id))
    const last = page.at(-1)
    if (!last || page.length < MAX_PAGE_LIMIT) return ids
    afterSeq = last.seq
  }
}

const journalOf = async (store: Store, id: string): Promise<readonly FinalEvent[]> => {
  const events: FinalEvent[] = []
  for (;;) {
    const page = await store.events.read(id, { afterPosition: events.length, limit: MAX_PAGE_LIMIT })
    events.push(...page.events.map(({ position, type, fencingToken }) => ({ position, type, token: fencingToken })))
    if (page.events.length === 0 || events.length >= page.lastPosition) return events
  }
}

const run = thisRun()
const definitions = Object.values((await import(run.tasks)) as object).filter(isTaskDefinition)
const registry = new TaskRegistry(definitions)
// A kill takes nothing from a file of level `process`, and neither fsyncs nor reader threads keep the next run waiting.
const store = await openStore({ path: run.path, durability: 'process', readers: 0, modules: [crashPoint] })

await submitUnknown(store, registry.require(run.type), run.input, { id: run.taskId })
const worker = createWorker({ store, tasks: registry })
await worker.start()
let task = await store.tasks.require(run.taskId)
while (task.state === 'active') {
  await pause(LOOK_MS)
  task = await store.tasks.require(run.taskId)
}

const journals: Record<string, readonly FinalEvent[]> = {}
for (const id of await allItems(store, run.taskId)) journals[id] = await journalOf(store, id)
const { code = null } = (task.error ?? {}) as { readonly code?: string | null }
const report: EndReport = {
  state: task.state,
  result: task.result ?? null,
  error: code,
  items: await store.workItems.count(run.taskId),
  journals,
}
writeFileSync(run.endFile, JSON.stringify(report))
// Without the goodbyes of worker and store, which would be durable writes that no task can see.
process.exit(0)
