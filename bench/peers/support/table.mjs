import { median } from './median.mjs'
import { versionsOf } from './missing.mjs'

/** Closer than this, two figures of one machine are the same. */
const EVEN = 0.05

/** The figures of one row, summed up: medians, and the median of what Holdfast had in the same rounds. */
export const summarize = ({ row, subjects }) => ({
  row: row.name,
  title: row.title,
  unit: row.unit,
  lowerIsBetter: row.lowerIsBetter ?? false,
  figures: subjects.map(({ peer, variant, holdfast, whyNot, figures, beside }) => {
    const ratios = figures.flatMap(({ value }, round) =>
      value && beside[round].value ? [beside[round].value / value] : [],
    )
    const ratio = ratios.length > 0 ? median(ratios) : null
    return {
      peer: peer.name,
      versions: versionsOf(peer),
      variant: variant.name,
      settings: variant.settings,
      durability: variant.durability,
      result: resultOf(figures, whyNot),
      holdfast: { level: holdfast.level, durability: holdfast.durability, result: resultOf(beside) },
      ratio,
      ahead: aheadOf(row, resultOf(figures), resultOf(beside), ratio),
    }
  }),
})

/** The median of what was measured, or why there is nothing. */
const resultOf = (figures, whyNot = null) => {
  const values = figures.flatMap(({ value }) => (value === undefined ? [] : [value]))
  const notes = [
    ...new Set(figures.flatMap(({ note, failed }) => [note, failed && `failed: ${failed}`]).filter(Boolean)),
  ]
  if (values.length > 0) return { median: median(values), values, notes }
  return { median: null, beyond: figures[0]?.beyond ?? null, skipped: whyNot, values, notes }
}

const aheadOf = ({ lowerIsBetter }, theirs, ours, ratio) => {
  if (theirs.beyond && ours.median !== null) return 'Holdfast'
  if (ours.beyond && theirs.median !== null) return 'peer'
  if (ratio === null) return null
  if (Math.abs(ratio - 1) <= EVEN) return 'even'
  return ratio > 1 === !lowerIsBetter ? 'Holdfast' : 'peer'
}

/** One row as a Markdown table. */
export const tableOf = ({ title, unit, lowerIsBetter, figures }) => {
  const better = lowerIsBetter ? 'lower is better' : 'higher is better'
  const lines = figures.map((each) => {
    const cells = [
      `${each.peer}, ${each.variant}`,
      each.durability,
      shown(each.result),
      each.result.skipped ? '' : `${shown(each.holdfast.result)} (${each.holdfast.level})`,
      each.ratio === null ? '' : `${number(each.ratio)} ×`,
      each.ahead ?? '',
    ]
    return `| ${cells.map((cell) => cell.replaceAll('|', '/')).join(' | ')} |`
  })
  return [
    `### ${title}`,
    '',
    `| peer | its durability | ${unit}, ${better} | Holdfast beside it | Holdfast ÷ peer | ahead |`,
    '|---|---|---|---|---|---|',
    ...lines,
    '',
  ].join('\n')
}

const shown = ({ median: middle, beyond, skipped, notes }) => {
  const tail = notes.length > 0 ? ` (${notes.join('; ')})` : ''
  if (middle !== null) return `${number(middle)}${tail}`
  return `${beyond ? `> ${beyond}` : (skipped ?? '')}${tail}`
}

const number = (value) =>
  value >= 100 ? Math.round(value).toLocaleString('en-US') : String(Number(value.toPrecision(3)))
