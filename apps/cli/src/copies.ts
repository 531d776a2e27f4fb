import type { Proof } from '@holdfast/store/sqlite'

export const megabytes = (bytes: number): string => `${(bytes / 1_048_576).toFixed(1)} MB`

/** Rows by table, those that there are. */
export const rowsOf = ({ rows }: Pick<Proof, 'rows'>): string =>
  Object.entries(rows)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ') || 'none'
