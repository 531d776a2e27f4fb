/**
 * Something that a client asked the product for.
 *
 * `task`: the task `id` exists. `keyed`: it exists, and the key `key` answers with it. `cancelled`: the task `id` has
 * been called off. `checkpoint`: the item `item` has one of step `step`. `answer`: the key `key` has its answer.
 * `children`: the item `item` has `count` children. `ended`: the task `id` has come to the end `state`.
 *
 * @typedef {{ what: string, id?: string, key?: string, item?: string, step?: number, count?: number, state?: string }} Effect
 */

/**
 * An effect and when it was promised, as places among the events of a recording.
 *
 * @typedef {Effect & { askedAt: number | null, acknowledgedAt: number | null }} PromisedEffect What was only seen was
 * asked for by nobody.
 */

/**
 * All effects of a recording, each once. What was asked for and never acknowledged may have happened or not.
 *
 * @param {readonly import('../log.mjs').Event[]} events
 * @returns {PromisedEffect[]}
 */
export const effectsOf = (events) => {
  const effects = new Map()
  const asked = new Map()
  for (const { at, kind, said } of events) {
    if (kind !== 'mark') continue
    if (said.asked !== undefined) {
      const key = JSON.stringify(said.effect)
      if (!effects.has(key)) effects.set(key, { ...said.effect, askedAt: at, acknowledgedAt: null })
      asked.set(said.asked, effects.get(key))
    } else if (said.acknowledged !== undefined) {
      asked.get(said.acknowledged).acknowledgedAt ??= at
    } else {
      effects.set(JSON.stringify(said.seen), { ...said.seen, askedAt: null, acknowledgedAt: at })
    }
  }
  return [...effects.values()]
}

/** How often somebody was told that what he asked for is done, or saw that it is. */
export const acknowledgementsIn = (events) =>
  events.filter(({ kind, said }) => kind === 'mark' && said.asked === undefined).length

/** For people. */
export const described = ({ askedAt: _asked, acknowledgedAt: _acknowledged, what, ...rest }) =>
  `${what} ${Object.values(rest).join(' ')}`
