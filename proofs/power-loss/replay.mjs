import { everything, withDisk } from './disk.mjs'
import { StoredFile, Storage } from './storage.mjs'

/**
 * Applies the whole log to what was there before, and compares the result with what is really there: a call that the
 * recorder didn't see, or saw in another order than it happened, would show.
 *
 * @param {import('./record.mjs').Recording} recording
 * @returns {string[]} What differs; nothing when they are equal byte for byte.
 */
export const replayDifferences = ({ before, events, after }) => {
  const storage = new Storage(before, 'strict')
  for (const event of events) storage.see(event)
  return withDisk(storage, everything(storage), (nodes) => differences(nodes, after))
}

const differences = (nodes, after) => {
  const real = new Map(after.filter(({ path }) => path !== '').map(({ path, bytes }) => [path, bytes]))
  const missing = [...real.keys()]
    .filter((path) => !nodes.has(path))
    .map((path) => `${path} is there, and not in the log`)
  const found = [...nodes].flatMap(([path, node]) => {
    if (!real.has(path)) return [`${path} is in the log, and not there`]
    const bytes = real.get(path)
    if (!(node instanceof StoredFile)) return bytes ? [`${path} is a folder in the log, and a file`] : []
    return bytes?.equals(node.image.bytes) ? [] : [`${path} has other bytes than the log says`]
  })
  return [...missing, ...found]
}
