import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { openStore } from '@holdfast/store/sqlite'
import { lookAtAll, sqlite as look } from './look.mjs'
import { described } from './effects.mjs'

const FILE = 'data/holdfast.db'
/**
 * After every crash something is submitted; after one in so many it is claimed and completed as well. A new connection
 * prepares each statement anew, and those of a claim take as long as all the rest. A process begins with one of these,
 * so a disk that is judged anew gets all of it.
 */
const WORKED_THROUGH = 16

/**
 * What one disk tells of the effects that it should have.
 *
 * @typedef {object} Facts
 * @property {string[]} problems
 * @property {{ at: number, what: string }[]} missing Acknowledged effects that aren't there, by when they were
 * acknowledged; only the first one where the level promises all of them.
 * @property {{ at: number, what: string } | null} latest Of the effects that are there, the one that was asked for last.
 */

/**
 * Opens the file of a disk with the real store, in this process, looks at all of it, and works with it.
 *
 * @param {{ effects: import('./effects.mjs').PromisedEffect[], level: 'power' | 'process' }} knowledge
 */
export const checking = ({ effects, level }) => {
  const promised = effects
    .filter(({ acknowledgedAt }) => acknowledgedAt !== null)
    .sort((a, b) => a.acknowledgedAt - b.acknowledgedAt)
  const asked = effects.filter(({ askedAt }) => askedAt !== null).sort((a, b) => b.askedAt - a.askedAt)
  let opened = 0
  return async (folder) => {
    const isWorkedThrough = opened++ % WORKED_THROUGH === 0
    const path = join(folder, FILE)
    // Nobody could have been answered before there was a file: all that is acknowledged is missing.
    if (!existsSync(path)) return factsOf(NOTHING, { promised, asked, level })
    try {
      return await withStore(path, async (store) => {
        const found = await store.submit(lookAtAll, {})
        const facts = factsOf(found, { promised, asked, level })
        return { ...facts, problems: [...found.problems, ...(await wontWork(store, isWorkedThrough))] }
      })
    } catch (error) {
      return {
        problems: [`it doesn't open or can't be read: ${error.code ?? ''} ${error.message}`],
        missing: [],
        latest: null,
      }
    }
  }
}

const NOTHING = { problems: [], tasks: [], items: [], checkpoints: [], keys: [] }

const withStore = async (path, use) => {
  const store = await openStore({ path, writer: 'inline', readers: 0, modules: [look] })
  try {
    return await use(store)
  } finally {
    await store.close()
  }
}

/** What is left must be good for more than reading. */
const wontWork = async (store, isWorkedThrough) => {
  const { taskId: id } = await store.tasks.submit({ type: 'after', queue: 'after', input: { power: 'is back' } })
  if (!isWorkedThrough) return []
  const [lease] = await store.leases.claim({ queue: 'after', owner: 'proof', limit: 1 })
  if (lease?.workItemId !== id) return [`after it, ${id} was submitted and ${lease?.workItemId ?? 'nothing'} claimed`]
  await store.leases.complete(lease, 'done')
  return []
}

const factsOf = (found, { promised, asked, level }) => {
  const isThere = presence(found)
  const latest = asked.find((effect) => isThere(effect))
  const entry = (effect, at) => ({ at, what: described(effect) })
  return {
    problems: found.problems,
    missing: missingOf(promised, isThere, level).map((effect) => entry(effect, effect.acknowledgedAt)),
    latest: latest ? entry(latest, latest.askedAt) : null,
  }
}

const missingOf = (promised, isThere, level) => {
  if (level === 'process') return promised.filter((effect) => !isThere(effect))
  const first = promised.find((effect) => !isThere(effect))
  return first ? [first] : []
}

/** @returns {(effect: import('./effects.mjs').Effect) => boolean} */
const presence = ({ tasks, items, checkpoints, keys }) => {
  const states = new Map(tasks.map(({ id, state }) => [id, state]))
  const answers = new Map(keys.map((row) => [row.key, row]))
  const childrenOf = new Map(items.map(({ id, children }) => [id, children]))
  const steps = new Set(checkpoints.map(({ id, step }) => `${id}:${step}`))
  const is = {
    task: ({ id }) => states.has(id),
    keyed: ({ id, key }) => states.has(id) && answers.get(`http:${key}`)?.answeredId === id,
    cancelled: ({ id }) => states.get(id) === 'cancelled',
    checkpoint: ({ item, step }) => steps.has(`${item}:${step}`),
    answer: ({ key }) => answers.get(key)?.state === 'completed',
    children: ({ item, count }) => (childrenOf.get(item) ?? 0) >= count,
    ended: ({ id, state }) => states.get(id) === state,
  }
  return (effect) => is[effect.what](effect)
}
