/**
 * By how much something grows, in its own unit per millisecond: the straight line through the points that has the least
 * squares.
 *
 * @param {readonly { atMs: number, value: number }[]} points
 */
export const slopeOf = (points) => {
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length
  const atMs = mean(points.map((point) => point.atMs))
  const value = mean(points.map((point) => point.value))
  const spread = points.reduce((sum, point) => sum + (point.atMs - atMs) ** 2, 0)
  return points.reduce((sum, point) => sum + (point.atMs - atMs) * (point.value - value), 0) / spread
}

/**
 * The least of each stretch of `everyMs`: what is left after a collection, where what lies between two of them says
 * nothing.
 *
 * @param {readonly { atMs: number, value: number }[]} points
 */
export const floorsOf = (points, everyMs) => {
  const floors = new Map()
  for (const point of points) {
    const stretch = Math.floor(point.atMs / everyMs)
    const floor = floors.get(stretch)
    if (floor === undefined || point.value < floor.value) floors.set(stretch, point)
  }
  return [...floors.values()]
}
