export const FIRST_DELAY_MS = 250
export const LONGEST_DELAY_MS = 10_000
export const STEADY_AFTER_MS = 30_000 // a process that lived this long did not crash because it was restarted too soon

/**
 * How long to wait before the next start.
 *
 * @param {number} previousMs The wait before the start that just ended; 0 before the first.
 * @param {number} aliveMs How long the process lived.
 */
export function nextDelayMs(previousMs, aliveMs) {
  if (previousMs === 0 || aliveMs >= STEADY_AFTER_MS) return FIRST_DELAY_MS
  return Math.min(previousMs * 2, LONGEST_DELAY_MS)
}
