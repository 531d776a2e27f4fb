/** Calls `each` for every item, at most `limit` at a time: how a library without a bulk call is filled. */
export const eachAtOnce = async (items, limit, each) => {
  let next = 0
  const caller = async () => {
    while (next < items.length) await each(items[next++])
  }
  await Promise.all(Array.from({ length: limit }, caller))
}
