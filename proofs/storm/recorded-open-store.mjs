import { join } from 'node:path'
import { openStore as open } from '@holdfast/store/sqlite'
import { recordedStore, recordHistory } from '@holdfast/testkit/history'

/**
 * What a process of a storm opens its store with: the store itself, and beside it a history of what this process asked
 * and was told.
 */
export const openStore = async (options) => {
  const name = `${process.pid}-${process.hrtime.bigint()}`
  const file = join(process.env.HOLDFAST_PROOF_HISTORY, `${name}.jsonl`)
  const { tenant } = options
  return recordedStore(
    await open(options),
    recordHistory({ process: name, file }),
    tenant === undefined ? {} : { tenant },
  )
}
