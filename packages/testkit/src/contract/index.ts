import { afterEach, describe } from 'vitest'
import { checkpointsContract } from './checkpoints.js'
import { eventsContract } from './events.js'
import { fencesContract } from './fences.js'
import { idempotencyContract } from './idempotency.js'
import { integrationFlowContract } from './integration-flow.js'
import { keyClockContract } from './key-clock.js'
import { keyFencesContract } from './key-fences.js'
import { leasesContract } from './leases.js'
import type { OpenTestStore, TestStore } from '../open-test-store.js'
import { payloadCodecsContract } from './payload-codecs.js'
import { processesContract } from './processes.js'
import { retentionContract } from './retention.js'
import { sweepContract } from './sweep.js'
import { sweepFencesContract } from './sweep-fences.js'
import { tasksContract } from './tasks.js'
import { workBellContract } from './work-bell.js'
import { workItemsContract } from './work-items.js'

const CONTRACTS = [
  tasksContract,
  workItemsContract,
  leasesContract,
  fencesContract,
  checkpointsContract,
  idempotencyContract,
  keyFencesContract,
  keyClockContract,
  eventsContract,
  processesContract,
  sweepContract,
  sweepFencesContract,
  retentionContract,
  workBellContract,
  payloadCodecsContract,
  integrationFlowContract,
]

/**
 * The promises of a store, as tests. An engine or driver is done when it passes.
 *
 * @param open Opens an empty store on a fake clock; every one is closed after its test.
 */
export const storeContract = (name: string, open: OpenTestStore): void => {
  describe(name, () => {
    const opened: TestStore[] = []
    const openAndRemember: OpenTestStore = async () => {
      const test = await open()
      opened.push(test)
      return test
    }
    afterEach(async () => {
      for (const test of opened.splice(0)) await test.close()
    })

    for (const contract of CONTRACTS) contract(openAndRemember)
  })
}
