/**
 * The WAL-reset race: in SQLite 3.7.0 to 3.51.2 a checkpoint that runs while another connection commits can damage the
 * file. The store's own checkpoints run only under the write lock, which excludes it.
 *
 * @see https://www.sqlite.org/releaselog/3_51_3.html
 */
export const WAL_RESET_RACE = {
  affects: (sqliteVersion: string): boolean =>
    compare(sqliteVersion, '3.7.0') >= 0 && compare(sqliteVersion, '3.51.3') < 0,
}

const compare = (a: string, b: string): number => {
  const [left, right] = [a, b].map((version) => version.split('.').map(Number)) as [number[], number[]]
  for (const [i, part] of left.entries()) {
    const difference = part - (right[i] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
