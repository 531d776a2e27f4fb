import { isDeepStrictEqual } from 'node:util'

/**
 * Where a row stands: `proved` by the last full run, and on these very sources; or why it has to run.
 *
 * @param {object} of
 * @param {import('./rows.mjs').Row} of.row
 * @param {any} of.result The one that is kept.
 * @param {{ product: string, proof: string }} of.sources As they are now.
 * @returns {'proved' | 'missing' | 'failed' | 'stale'}
 */
export const standingOf = ({ row, result, sources }) => {
  if (result === undefined) return 'missing'
  if (!isDeepStrictEqual(result.sources, sources) || !isDeepStrictEqual(result.load, row.loads.full)) return 'stale'
  return result.passed ? 'proved' : 'failed'
}
