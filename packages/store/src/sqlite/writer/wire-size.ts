/** About how many bytes `value` takes on its way through a thread. Text counts one byte a character. */
export const wireSize = (value: unknown): number => {
  if (typeof value === 'string') return value.length
  if (typeof value !== 'object' || value === null) return 8
  if (value instanceof Uint8Array) return value.byteLength
  let bytes = 8
  for (const key in value) bytes += wireSize((value as Record<string, unknown>)[key]) + 8
  return bytes
}
