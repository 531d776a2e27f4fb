import { median } from './machine.mjs'

/**
 * Takes one figure and then another, `runs` times in turn, so that both meet the same moods of the machine.
 *
 * @returns The medians, and the median of the ratios of neighbours: on a shared machine it is steadier than the ratio
 * of the medians.
 */
export const inPairs = async (runs, one, other) => {
  const pairs = []
  for (let i = 0; i < runs; i += 1) pairs.push([await one(), await other()])
  return {
    one: pairs.map(([first]) => first),
    other: pairs.map(([, second]) => second),
    ratio: (figure) => median(pairs.map(([first, second]) => figure(first) / figure(second))),
  }
}
