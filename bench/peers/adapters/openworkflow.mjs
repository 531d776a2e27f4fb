import { eachAtOnce } from './callers.mjs'

const WORKFLOW = 'noop'
/** The most connections that its PostgreSQL driver opens by default is 10; more callers only queue in it. */
const FILL_CALLERS = 32

/** What both of its backends have in common. */
export const UNLIKE = ['A workflow engine: a job is a run without steps. It keeps finished runs.', 'No bulk call.']

export const connectionOf = async (backend) => {
  const { OpenWorkflow } = await import('openworkflow')
  const client = new OpenWorkflow({ backend })
  let handle
  const workflow = client.defineWorkflow({ name: WORKFLOW }, ({ input }) => handle(input))
  const enqueueOne = (payload) => workflow.run(payload)
  return {
    enqueueOne,
    enqueueMany: (payloads) => eachAtOnce(payloads, FILL_CALLERS, enqueueOne),
    async work(concurrency, handler) {
      handle = handler
      const worker = client.newWorker({ concurrency })
      await worker.start()
      return () => worker.stop()
    },
    async remaining() {
      const { pending = 0, running = 0, sleeping = 0 } = await backend.countWorkflowRuns()
      return pending + running + sleeping
    },
    close: () => backend.stop(),
  }
}
