/** The value below which `share` of all lie; undefined of nothing. */
export const percentile = (values, share) => {
  const sorted = Float64Array.from(values).sort()
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]
}
