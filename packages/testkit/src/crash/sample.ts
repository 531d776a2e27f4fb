/** Numbers from 0 to 1 that a seed repeats. @see mulberry32, T. Ettinger, 2017 */
export const mulberry32 = (seed: number): (() => number) => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** At most `size` of the items, in their own order; each as likely as the others. */
export const sampleOf = <Item>(items: readonly Item[], size: number, random: () => number): readonly Item[] => {
  let wanted = Math.min(size, items.length)
  return items.filter((_, at) => {
    const isTaken = random() * (items.length - at) < wanted
    if (isTaken) wanted -= 1
    return isTaken
  })
}
