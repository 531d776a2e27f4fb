import { newPlace } from './place.mjs'
import { startProcess } from './start-process.mjs'

/** Beyond what the row itself allows: then something hangs, and the measurement has failed. */
const CAP_MS = 300_000

/**
 * Runs `body` on an empty queue of a peer, with processes that are gone afterwards, however it ended.
 *
 * @param {{ peer: object, variant: object, servers: object, folder?: string, capMs?: number }} subject
 * @param {(queue: { start: () => Promise<object> }) => Promise<T>} body `start` adds one more process.
 * @returns {Promise<T>}
 * @template T
 */
export const onEmptyQueue = async ({ peer, variant, servers, folder, capMs = CAP_MS }, body) => {
  const place = newPlace(servers, folder)
  const processes = []
  try {
    const target = await peer.create(place, variant)
    const start = async () => {
      const running = await startProcess(peer, variant, target)
      processes.push(running)
      return running
    }
    return await within(capMs, body({ start }))
  } finally {
    await Promise.all(processes.map((running) => running.kill()))
    await place.remove()
  }
}

const within = async (ms, work) => {
  let timer
  const tooLong = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done within ${ms / 1_000} s`)), ms)
  })
  try {
    return await Promise.race([work, tooLong])
  } finally {
    clearTimeout(timer)
  }
}
