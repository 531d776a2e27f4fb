import type { RetentionPass, Scan, WorkerEvent } from '@holdfast/engine'
import { kindOfError, type PacedLog } from '@holdfast/engine/app'
import type { Logger } from 'pino'

/** One line per event: quiet about what goes well, loud about what a person should know. */
export const logEvent = (log: Logger, paced: PacedLog, told: WorkerEvent): void => {
  if (told.event === 'worker.error') {
    const { during, error } = told
    paced.error(`${during} ${kindOfError(error)}`, { during, err: error }, 'the worker goes on after an error')
    return
  }
  log[LEVEL_OF[told.event]](told, MESSAGE_OF[told.event])
}

type ItemEvent = Exclude<WorkerEvent['event'], 'worker.error'>

const LEVEL_OF: { readonly [Event in ItemEvent]: 'debug' | 'info' | 'warn' } = {
  'item.started': 'debug',
  'item.completed': 'debug',
  'item.released': 'info',
  'item.retried': 'warn',
  'item.failed': 'warn',
  'item.lost': 'warn',
  'item.abandoned': 'warn',
  'item.unsettled': 'warn',
  'item.unknown_type': 'warn',
}

const MESSAGE_OF: { readonly [Event in ItemEvent]: string } = {
  'item.started': 'started',
  'item.completed': 'completed',
  'item.released': 'handed back',
  'item.retried': 'failed; it will be tried again',
  'item.failed': 'failed for good',
  'item.lost': 'lost: it was cancelled, or somebody else has it now',
  'item.abandoned': 'left behind: the handler ignores its signal',
  'item.unsettled': 'ended, but the store could not take it in time: it will run again',
  'item.unknown_type': 'handed back: no task definition of this type here',
}

/** A line for scans that found something. */
export const logScan = (
  log: Logger,
  paced: PacedLog,
  { errors, recovered, failed, deadProcesses, deferred }: Scan,
): void => {
  for (const error of errors) paced.warn(`${error.step} ${error.code}`, error, 'a step of the sweep failed')
  if (deferred !== null) log.warn({ deferred }, 'expired leases are left alone for a heartbeat')
  if (recovered + failed + deadProcesses > 0) log.info({ recovered, failed, deadProcesses }, 'work was taken back')
}

/** A line for passes of retention that deleted something. */
export const logPass = (log: Logger, { tasks, processes, batches }: RetentionPass): void => {
  if (tasks + processes > 0) log.info({ tasks, processes, batches }, 'what ended long ago was deleted')
}
