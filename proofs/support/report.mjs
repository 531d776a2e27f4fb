/**
 * The report of all rows, from their results alone: it says nothing of today's sources, so it changes when a result does.
 *
 * @param {readonly import('./rows.mjs').Row[]} rows
 * @param {(name: string) => any} resultOf
 */
export const reportOf = (rows, resultOf) => {
  const results = rows.map((row) => ({ row, result: resultOf(row.name) }))
  const there = results.filter(({ result }) => result !== undefined)
  return [
    '# What the proofs came to',
    '',
    'Written by `npm run proofs`, from `proofs/results/`.',
    '',
    summaryOf(results),
    '',
    tableOf(results),
    ...there.map(({ row, result }) => sectionOf(row, result)),
    '',
  ].join('\n')
}

/** The table, and what it stands on: what docs/proofs.md quotes. */
export const quoteOf = (rows, resultOf) => {
  const results = rows.map((row) => ({ row, result: resultOf(row.name) }))
  return [summaryOf(results), '', tableOf(results)].join('\n')
}

/** Which rows speak for each promise. */
export const promisesOf = (rows) => {
  const promises = [...new Set(rows.flatMap((row) => row.promises))].sort()
  return [
    '| promise | proved by |',
    '|---|---|',
    ...promises.map((promise) => cells(promise, namesOf(rows.filter((row) => row.promises.includes(promise))))),
  ].join('\n')
}

const namesOf = (rows) => rows.map(({ name }) => `\`${name}\``).join(', ')

/** What each row shows, how much of it a full run does, and what it needs. */
export const rowsTable = (rows) =>
  [
    '| `npm run proofs -- …` | shows | full load | needs |',
    '|---|---|---|---|',
    ...rows.map(({ name, title, loads, needs = [], optIn }) =>
      cells(`\`${name}\`${optIn ? ' (opt-in)' : ''}`, title, pairs(loads.full), needs.join(', ')),
    ),
  ].join('\n')

const summaryOf = (results) => {
  const there = results.flatMap(({ result }) => result ?? [])
  if (there.length === 0) return 'No row was run yet.'
  const passed = there.filter((result) => result.passed)
  const mistakes = there.flatMap((result) => result.mistakes)
  const caught = mistakes.filter((mistake) => mistake.caught)
  const products = new Set(there.map(({ sources }) => sources.product))
  return [
    `${passed.length} of ${results.length} rows proved; ${caught.length} of ${mistakes.length} seeded mistakes caught.`,
    products.size > 1
      ? `The results are of **${products.size} different states of the product's sources** and don't add up to one run.`
      : 'All results are of the same product sources.',
    ...machinesOf(there).map((machine) => `Machine: ${machine}.`),
  ].join('\n')
}

const machinesOf = (results) => [
  ...new Set(
    results.map(({ machine }) => {
      const { cores, cpu, memoryGiB, system, node, driver, sqliteVersion } = machine
      return `${cores} × ${cpu}, ${memoryGiB} GiB, ${system}, Node ${node}, ${driver}, SQLite ${sqliteVersion}`
    }),
  ),
]

const tableOf = (results) =>
  [
    '| row | promises | verdict | reached | mistakes caught | seeds | minutes | product |',
    '|---|---|---|---|---|---|---|---|',
    ...results.map(({ row, result }) => lineOf(row, result)),
  ].join('\n')

const lineOf = (row, result) => {
  if (result === undefined) return cells(row.name, row.promises.join(' '), 'not run yet', '', '', '', '', '')
  const { passed, promises, reached, mistakes, seeds, minutes, sources } = result
  return cells(
    row.name,
    promises.join(' '),
    passed ? 'holds' : '**fails**',
    pairs(reached),
    `${mistakes.filter(({ caught }) => caught).length} of ${mistakes.length}`,
    seeds.join(', '),
    minutes,
    `\`${sources.product}\``,
  )
}

const cells = (...values) => `| ${values.map((value) => String(value).replaceAll('|', '\\|')).join(' | ')} |`

const pairs = (values) =>
  Object.entries(values)
    .map(([name, value]) => `${words(name)} ${shown(value)}`)
    .join(', ')

const words = (name) => name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)

const shown = (value) => {
  if (typeof value === 'number') return value.toLocaleString('en', { maximumFractionDigits: 3 })
  if (Array.isArray(value)) return value.map(shown).join(', ')
  return typeof value === 'object' && value !== null ? `(${pairs(value)})` : String(value)
}

const sectionOf = (row, result) => {
  const { title, commit, changed, seeds, figures, notes, violations, violationsFound, mistakes, endedAt } = result
  return [
    '',
    `## ${row.name}`,
    '',
    title,
    '',
    `\`npm run proofs -- ${row.name} --seed ${seeds[0]}\`, ended ${endedAt}, commit ${commit ?? 'unknown'}${changed ? ' with changes' : ''}.`,
    '',
    '| figure | |',
    '|---|---|',
    ...Object.entries(figures).map(([name, value]) => cells(words(name), shown(value))),
    ...notes.flatMap((note) => ['', note]),
    ...(violationsFound > 0 ? ['', `**${violationsFound} violations**, the first: ${violations[0]?.what}`] : []),
    '',
    ...mistakes.map(
      ({ name, caught, by }) => `- ${caught ? 'caught' : '**NOT caught**'}: ${name}${by ? ` (${by})` : ''}`,
    ),
  ].join('\n')
}
