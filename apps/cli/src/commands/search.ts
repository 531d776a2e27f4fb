import type { ApiClient } from '../api-client.js'
import { printable, type Terminal } from '../terminal.js'
import type { HitView } from '../views.js'

export interface SearchOptions {
  readonly namespace?: string
  readonly limit?: number
}

/** Finds sections that hold all the words, also while an ingest is still adding to them. */
export const search = async (
  api: ApiClient,
  terminal: Terminal,
  words: readonly string[],
  options: SearchOptions,
): Promise<void> => {
  const { hits } = await api.get<{ readonly hits: readonly HitView[] }>('/v1/search', {
    q: words.join(' '),
    namespace: options.namespace,
    limit: options.limit,
  })
  if (hits.length === 0) return terminal.line('nothing found')
  for (const hit of hits) {
    const place = printable(hit.documentPath ?? hit.key)
    terminal.line(bold(terminal, hit.headingTrail ? `${place}  ${printable(hit.headingTrail)}` : place))
    terminal.line(`    ${highlighted(terminal, printable(hit.snippet.replace(/\s+/g, ' ')))}`)
  }
}

const bold = (terminal: Terminal, text: string): string => (terminal.isTty ? `\u001b[1m${text}\u001b[0m` : text)

/** The API marks the words that matched with brackets; a terminal has something better. */
const highlighted = (terminal: Terminal, snippet: string): string =>
  terminal.isTty ? snippet.replace(/\[([^\][]*)\]/g, '\u001b[33m$1\u001b[0m') : snippet
