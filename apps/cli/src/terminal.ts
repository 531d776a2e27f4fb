/** Where a command writes, and whether a person watches. */
export interface Terminal {
  readonly isTty: boolean
  readonly columns: number
  write(text: string): void
  line(text: string): void
}

export const processTerminal = (stream: NodeJS.WriteStream): Terminal => ({
  isTty: stream.isTTY === true && process.env.TERM !== 'dumb',
  get columns() {
    return stream.columns ?? 80
  },
  write: (text) => void stream.write(text),
  line: (text) => void stream.write(`${text}\n`),
})

// Control characters would let a file's text or an error's message move the cursor of whoever reads it, and those for
// writing direction would let it show another order than the real one.
const control = /[\p{Cc}\u202A-\u202E\u2066-\u2069]/gu

/** Text of foreign origin, safe to print. */
export const printable = (text: string): string => text.replace(control, '\uFFFD')

/** Columns of equal width, two spaces apart, with every cell made safe to print. */
export const table = (cells: readonly (readonly string[])[]): readonly string[] => {
  const rows = cells.map((row) => row.map(printable))
  const widths: number[] = []
  for (const row of rows) for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length)
  return rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}

/** UTC, to the second: `2026-03-01 12:30:05`. */
export const time = (atMs: number | null): string =>
  atMs === null ? '-' : new Date(atMs).toISOString().slice(0, 19).replace('T', ' ')
