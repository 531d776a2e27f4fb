import { createHash } from 'node:crypto'

/**
 * What a store says of one task: its items, what came of them, and their checkpoints, as one digest.
 *
 * @param {import('@holdfast/store').Store} store
 * @param {string} taskId
 * @returns {Promise<string | null>} Null: there is no such task.
 */
export const digestOf = async (store, taskId) => {
  const task = await store.tasks.get(taskId)
  if (task === undefined) return null
  const items = await store.workItems.list({ taskId })
  const told = []
  for (const { id, state, input, result } of items) {
    const checkpoints = await store.checkpoints.list(id)
    told.push({
      id,
      state,
      input,
      result,
      checkpoints: checkpoints.map(({ position, snapshot }) => [position, snapshot]),
    })
  }
  return createHash('sha256')
    .update(JSON.stringify([task.type, task.state, task.result, told]))
    .digest('hex')
}

/**
 * Tasks with what was read of each after every acknowledged step, the newest last.
 *
 * @typedef {Record<string, string[]>} Ledger
 */
