import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64'
import { uniformInt } from 'pure-rand/distribution/uniformInt'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'

/**
 * Choices that follow from a seed: the same seed makes the same ones, on every machine and every Node.
 *
 * @param {number} seed Any integer.
 */
export const randomFrom = (seed) => {
  const generator = xoroshiro128plus(seed)
  /** An integer from 0 to `below` - 1. */
  const int = (below) => uniformInt(generator, 0, below - 1)
  return {
    int,
    /** An integer from `least` to `most`, both included. */
    between: (least, most) => uniformInt(generator, least, most),
    /** From 0 to 1, 1 excluded. */
    float: () => uniformFloat64(generator),
    pick: (list) => list[int(list.length)],
    /** A copy in another order. */
    shuffle: (list) => {
      const copy = [...list]
      for (let left = copy.length; left > 1; left -= 1) {
        const at = int(left)
        ;[copy[left - 1], copy[at]] = [copy[at], copy[left - 1]]
      }
      return copy
    },
    bytes: (length) => Buffer.from(Array.from({ length }, () => int(256))),
  }
}

/** @typedef {ReturnType<typeof randomFrom>} Random */
