import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisesOf, quoteOf, reportOf, rowsTable } from './report.mjs'
import { PROOFS } from './rows.mjs'
import { ROOT } from './sources.mjs'

/** Pages that quote rows and results. */
export const PAGES = {
  report: join(PROOFS, 'report.md'),
  readme: join(PROOFS, 'README.md'),
  docs: join(ROOT, 'docs/proofs.md'),
}

/**
 * Each page as rows and results would have it, by its path; pages that there are not are left out, but for the report.
 *
 * @param {typeof PAGES} pages
 * @param {readonly import('./rows.mjs').Row[]} rows
 * @param {(name: string) => any} resultOf
 * @returns {Map<string, string>}
 */
export const writtenPages = (pages, rows, resultOf) => {
  const written = new Map([[pages.report, reportOf(rows, resultOf)]])
  const fill = (page, blocks) => {
    if (!existsSync(page)) return
    const text = Object.entries(blocks).reduce(withBlock, readFileSync(page, 'utf8'))
    written.set(page, text)
  }
  fill(pages.readme, { rows: rowsTable(rows) })
  fill(pages.docs, { 'rows by promise': promisesOf(rows), 'last full run': quoteOf(rows, resultOf) })
  return written
}

export const writePages = (pages, rows, resultOf) => {
  for (const [page, text] of writtenPages(pages, rows, resultOf)) writeFileSync(page, text)
}

/** Puts a text between its markers in a page that is otherwise written by hand. */
const withBlock = (page, [name, text]) => {
  const begin = `<!-- ${name}: npm run proofs -- --report -->`
  const end = `<!-- end of ${name} -->`
  const [from, to] = [page.indexOf(begin), page.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`the page has no place for ${name}: ${begin} … ${end}`)
  return `${page.slice(0, from + begin.length)}\n\n${text}\n\n${page.slice(to)}`
}
