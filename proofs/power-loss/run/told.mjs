import { mark } from '../mark.mjs'

let count = 0

/**
 * Asks for an effect, and says in the recording that it was asked for, and that it was acknowledged, when it was.
 *
 * @template T
 * @param {import('../store/effects.mjs').Effect} effect
 * @param {() => Promise<T>} ask Answers with undefined where nobody knows what became of it.
 * @returns {Promise<T>}
 */
export const told = async (effect, ask) => {
  const n = `${process.pid}:${++count}`
  mark({ asked: n, effect })
  const answer = await ask()
  if (answer !== undefined) mark({ acknowledged: n })
  return answer
}

/** Says what somebody has seen, and nobody asked for: it must be there from now on as well. */
export const seen = (effect) => mark({ seen: effect })
