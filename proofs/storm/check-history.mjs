import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { openStore } from '@holdfast/store/sqlite'
import { checkHistory, describeViolation, readFinalState, readHistory } from '@holdfast/testkit/history'
import { mutated } from '../support/mutate.mjs'

/** API and workers that write down what they ask their store and what they are told, and are the product otherwise. */
export const recordedPrograms = () =>
  mutated({
    file: 'packages/engine/dist/app/open-configured-store.js',
    replace: `'@holdfast/store/sqlite'`,
    by: `'${pathToFileURL(join(import.meta.dirname, 'recorded-open-store.mjs')).href}'`,
  })

/**
 * Holds what all processes of a storm were told against the promises of a store, and against what is left of it. Call it
 * once every process has ended.
 *
 * @param {string} folder Of the histories.
 * @param {string} file The database.
 * @returns {Promise<{ figures: { operationsInHistories: number }, violations: { what: string }[] }>}
 */
export const checkRecorded = async (folder, file) => {
  const operations = await readHistory(readdirSync(folder).map((name) => join(folder, name)))
  const store = await openStore({ path: file, create: false })
  try {
    const verdict = checkHistory(operations, await readFinalState(store, operations))
    return {
      figures: { operationsInHistories: verdict.operations, unknownInHistories: verdict.unknown },
      violations: verdict.violations.map((violation) => ({ what: describeViolation(violation) })),
    }
  } finally {
    await store.close()
  }
}
