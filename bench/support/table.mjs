import { describeMachine } from './machine.mjs'

/** A row's result as Markdown: what ran on what, then a figure a line, then what could not be taken. */
export const tableOf = ({ title, machine, driver, sqliteVersion, options, syncs, figures, skipped }) => {
  const { quick, runs, seconds } = options
  const how = [`median of ${runs} ${runs === 1 ? 'run' : 'runs'}`, ...(seconds > 0 ? [`of ${seconds} s`] : [])].join(
    ' ',
  )
  const limits = [...new Set(figures.flatMap(({ limitSqlite }) => limitSqlite ?? []))]
  const costs = Object.entries(syncs).map(([level, { p50Ms }]) => `${shown(p50Ms)} ms (${level})`)
  return [
    `## ${title}`,
    '',
    `${describeMachine(machine)}; ${driver} with SQLite ${sqliteVersion}`,
    `${how}${limits.length > 0 ? `; C limit with SQLite ${limits.join(', ')}` : ''}${quick ? '; quick: says only that it works' : ''}`,
    ...(costs.length > 0 ? [`one fdatasync of a page, p50: ${costs.join(', ')}`] : []),
    '',
    '| what | durability | files on | figure | C limit | ratio | beside it |',
    '|---|---|---|---|---|---|---|',
    ...figures.map(lineOf),
    ...skipped.flatMap(({ what, why }) => ['', `${what}: skipped, ${why}`]),
    '',
  ].join('\n')
}

const lineOf = ({ what, level, storage, value, unit, limit, ratio, detail = {} }) => {
  const beside = Object.entries(detail).map(([name, found]) => `${name} ${shown(found)}`)
  return `| ${[what, level, storage, `${shown(value)} ${unit}`, shown(limit), shown(ratio), beside.join(', ')].join(' | ')} |`
}

/** Three digits say all that a figure of a shared machine can. */
export const shown = (value) => {
  if (value === undefined || value === null) return '-'
  if (typeof value !== 'number') return String(value)
  if (Math.abs(value) >= 1_000) return Math.round(value).toLocaleString('en')
  return String(Number(value.toPrecision(3)))
}
