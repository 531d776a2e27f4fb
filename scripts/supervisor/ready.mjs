import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Asks until the API says that it is ready.
 *
 * @param {string} url
 * @param {{ signal: AbortSignal, timeoutMs?: number, everyMs?: number }} options
 * @returns {Promise<boolean>} False when `timeoutMs` passed, or `signal` aborted, before a good answer came.
 */
export async function untilReady(url, { signal, timeoutMs = 60_000, everyMs = 100 }) {
  const deadline = performance.now() + timeoutMs
  while (!signal.aborted && performance.now() < deadline) {
    if (await answers(url, signal)) return true
    // An abort ends the wait early, and the loop with it.
    await sleep(everyMs, undefined, { signal }).catch(() => {})
  }
  return false
}

async function answers(url, signal) {
  try {
    const response = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(2_000)]) })
    await response.body?.cancel()
    return response.ok
  } catch {
    return false // nobody listens yet, which is what is being waited for
  }
}
