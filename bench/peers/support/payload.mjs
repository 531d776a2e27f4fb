/** What every job carries, the same for all: about a hundred bytes of JSON. */
export const payload = (n) => ({ n, text: 'a no-op job carries a little text, as jobs do: an address, an id or two' })

export const payloads = (count, from = 0) => Array.from({ length: count }, (_, index) => payload(from + index))
