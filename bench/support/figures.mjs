import { median } from './machine.mjs'

/** What every figure of callers has beside it, as the medians of its runs. */
export const besideCallers = (runs) => ({
  'p50 ms': median(runs.map(({ p50Ms }) => p50Ms)),
  'p99 ms': median(runs.map(({ p99Ms }) => p99Ms)),
  'event loop gap p99 ms': median(runs.map(({ loopGapP99Ms }) => loopGapP99Ms)),
})

const perSecond = (run) => run.perSecond

/**
 * A rate beside that of the C limit, from pairs of runs.
 *
 * @param pairs See `inPairs`; the second of each is undefined where there is no limit.
 */
export const rateFigure = ({ one, other, ratio }) => ({
  value: median(one.map(perSecond)),
  unit: 'operations/s',
  runs: one.map(perSecond),
  ...(other[0] && {
    limit: median(other.map(perSecond)),
    ratio: ratio(perSecond),
    limitRuns: other.map(perSecond),
    limitSqlite: other[0].sqliteVersion,
  }),
})
