const EVERY_MS = 5

/**
 * Watches for how long this event loop answers nobody.
 *
 * @returns {{ seen(): Record<string, number>, forget(): void }} `seen`: how much time, in milliseconds, was spent in gaps
 * of each length. By time and not by count: one gap of a second is a second in which every caller waited.
 */
export const watchGaps = () => {
  let spent = {}
  let lastMs = performance.now()
  const look = () => {
    const nowMs = performance.now()
    const gapMs = Math.max(0, Math.round(nowMs - lastMs) - EVERY_MS)
    spent[gapMs] = (spent[gapMs] ?? 0) + (nowMs - lastMs)
    lastMs = nowMs
  }
  setInterval(look, EVERY_MS).unref()
  const forget = () => {
    spent = {}
    lastMs = performance.now()
  }
  const seen = () => {
    look()
    return spent
  }
  return { seen, forget }
}

/** Adds what was seen elsewhere. */
export const addGaps = (sum, gaps) => {
  for (const [gapMs, ms] of Object.entries(gaps)) sum[gapMs] = (sum[gapMs] ?? 0) + ms
}

/** The gap, in milliseconds, that a caller who comes at any moment stays below with the chance of `share`. */
export const gapPercentile = (gaps, share) => {
  const lengths = Object.keys(gaps)
    .map(Number)
    .toSorted((a, b) => a - b)
  const totalMs = Object.values(gaps).reduce((sum, ms) => sum + ms, 0)
  let ms = 0
  for (const gapMs of lengths) {
    ms += gaps[gapMs]
    if (ms >= totalMs * share) return gapMs
  }
  return 0
}
