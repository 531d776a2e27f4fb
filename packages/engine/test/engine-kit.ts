import { openStore } from '@holdfast/store/sqlite'
import { onTestFinished } from 'vitest'
import { createWorker, submitTask, type AnyTaskDefinition, type EngineStore, type Worker } from '../src/index.js'
import type { WorkerEvent } from '../src/worker/worker-event.js'
import type { WorkerOptions } from '../src/worker/worker-options.js'
import { fakeTime, until, type FakeTime } from './fake-time.js'

export interface EngineKit {
  readonly store: EngineStore
  readonly time: FakeTime
  /** What every worker of this kit told, in order. */
  readonly events: WorkerEvent[]
  /** A started worker on fake time. Stopped when the test ends. */
  work(tasks: readonly AnyTaskDefinition[], options?: Partial<WorkerOptions>): Promise<Worker>
  /** Submits a task and gives its id. */
  submit: (
    definition: AnyTaskDefinition,
    input?: unknown,
    options?: Parameters<typeof submitTask>[3],
  ) => Promise<string>
  /** Waits until the task has ended. */
  ended(taskId: string): Promise<Awaited<ReturnType<EngineStore['tasks']['require']>>>
}

/** A store in memory, on fake time, and workers over it: the engine as it is, without a wait. */
export const engineKit = async (): Promise<EngineKit> => {
  const time = fakeTime()
  const store = await openStore({ path: ':memory:', clock: time })
  const events: WorkerEvent[] = []
  const workers: Worker[] = []
  onTestFinished(async () => {
    for (const worker of workers) {
      const stopped = worker.stop()
      await time.advance(60_000)
      await stopped
    }
    await store.close()
  })
  return {
    store,
    time,
    events,
    work: async (tasks, options = {}) => {
      const worker = createWorker({
        store,
        tasks,
        clock: time,
        timers: time,
        random: () => 1,
        process: false,
        sweep: false,
        onEvent: (event) => events.push(event),
        ...options,
      })
      workers.push(worker)
      await worker.start()
      return worker
    },
    submit: async (definition, input = null, options = {}) => {
      // The kit takes any definition, so its input has no type here; the schema still checks it.
      const { taskId } = await submitTask(store, definition, input as never, options)
      return taskId
    },
    ended: async (taskId) => {
      await until(async () => (await store.tasks.require(taskId)).state !== 'active', `the end of task ${taskId}`)
      return store.tasks.require(taskId)
    },
  }
}
