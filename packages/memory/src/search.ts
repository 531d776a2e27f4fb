import { query, type Operation } from '@holdfast/store'

export interface SearchArgs {
  readonly tenant: string
  /** Null for all namespaces of the tenant. */
  readonly namespace: string | null
  /** A full-text expression made by {@link matchExpression}: the engine's own syntax never comes from a caller. */
  readonly match: string
  readonly limit: number
  readonly offset: number
}

export interface SearchHit {
  readonly namespace: string
  readonly key: string
  readonly documentPath: string | null
  readonly headingTrail: string
  /** The words around the best match, the matching words between `[` and `]`. */
  readonly snippet: string
  readonly contentHash: string
  /** Larger is better; comparable within one answer only. */
  readonly score: number
}

/** Texts that hold all the words, best first. Headings weigh more than text. */
export const searchSections: Operation<SearchArgs, readonly SearchHit[]> = query('memory.search')

// Letters, digits and marks of any script, as the index's own tokenizer splits them.
const word = /[\p{L}\p{N}\p{M}\p{Co}]+/gu

/**
 * Turns what a person typed into a full-text expression: every word must occur, the last one may go on (as you type),
 * and words between double quotes stand next to each other. Returns undefined when there is no word in it.
 *
 * @see FTS5 full-text query syntax, https://www.sqlite.org/fts5.html
 */
export const matchExpression = (typed: string): string | undefined => {
  const terms: string[] = []
  for (const [index, part] of typed.split('"').entries()) {
    const words = part.match(word) ?? []
    if (words.length === 0) continue
    const isPhrase = index % 2 === 1
    if (isPhrase) terms.push(`"${words.join(' ')}"`)
    else terms.push(...words.map((one) => `"${one}"`))
  }
  if (terms.length === 0) return undefined
  const endsInPhrase = typed.trimEnd().endsWith('"')
  return terms.map((term, i) => (i === terms.length - 1 && !endsInPhrase ? `${term}*` : term)).join(' AND ')
}
