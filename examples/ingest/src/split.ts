import MarkdownIt, { type Token } from 'markdown-it'

/** A piece of a Markdown text: one heading and what follows it up to the next. */
export interface MarkdownSection {
  /** Headings from the outermost to its own, joined by ` › `; empty before the first heading. */
  readonly headingTrail: string
  /** The lines as they were written, the heading included. */
  readonly text: string
  /** 1 to 6; 0 before the first heading. */
  readonly level: number
  /** 1 for the first line of the file. */
  readonly line: number
}

const TRAIL = ' › '
const MAX_HEADING_LENGTH = 300 // a heading is a name; what is longer stays whole in the section's text

// CommonMark. Only its block parser runs over the text: headings are blocks, and inline parsing is most of the cost.
const markdown = new MarkdownIt('commonmark', { html: true })

/**
 * Splits a Markdown text at its headings. Sections without any text but blank lines are left out, so an empty file
 * has none; put together, the sections are the file's lines.
 *
 * Code fences, HTML blocks and YAML front matter hide `#` and `===`, as they do for a reader.
 */
export const splitMarkdown = (source: string): readonly MarkdownSection[] => {
  const text = normalised(source)
  const lines = text.split('\n')
  const headings = [...topLevelHeadings(text)]
  const starts = [0, ...headings.map(({ line }) => line)]
  const trail: { level: number; title: string }[] = []
  const sections: MarkdownSection[] = []
  for (const [index, start] of starts.entries()) {
    const heading = headings[index - 1]
    if (heading) {
      while (trail.length > 0 && (trail.at(-1)?.level ?? 0) >= heading.level) trail.pop()
      trail.push(heading)
    }
    const body = lines.slice(start, starts[index + 1] ?? lines.length).join('\n')
    if (body.trim() === '') continue
    sections.push({
      headingTrail: trail.map(({ title }) => title).join(TRAIL),
      text: body.trimEnd(),
      level: heading?.level ?? 0,
      line: start + 1,
    })
  }
  return sections
}

/** Line ends as LF, without a byte order mark. */
const normalised = (source: string): string => source.replace(/^\uFEFF/, '').replace(/\r\n?/g, '\n')

interface Heading {
  readonly line: number
  readonly level: number
  readonly title: string
}

function* topLevelHeadings(text: string): Generator<Heading> {
  const tokens: Token[] = []
  markdown.block.parse(hideFrontMatter(text), markdown, {}, tokens)
  for (const [index, token] of tokens.entries()) {
    // Headings inside lists and quotes belong to what quotes them.
    if (token.type !== 'heading_open' || token.level !== 0 || !token.map) continue
    yield { line: token.map[0], level: Number(token.tag.slice(1)), title: titleOf(tokens[index + 1]) }
  }
}

// Front matter reads as a rule and a heading to CommonMark. Blank lines in its place keep every line number.
const hideFrontMatter = (text: string): string =>
  text.replace(/^---[ \t]*\n(?:.*\n)*?(?:---|\.\.\.)[ \t]*(?:\n|$)/, (block) => block.replace(/[^\n]/g, ''))

/** The heading's words without its markup. */
const titleOf = (inline: Token | undefined): string => {
  const [parsed] = markdown.parseInline(cut(inline?.content ?? '', MAX_HEADING_LENGTH * 4), {})
  const words = (parsed?.children ?? []).map((token) => (token.type === 'softbreak' ? ' ' : token.content)).join('')
  const title = words.replace(/<[^>]*>/g, '').replace(/\s+/g, ' ')
  return cut(title.trim(), MAX_HEADING_LENGTH)
}

// Half of a surrogate pair at the end would be no text.
const cut = (text: string, length: number): string => text.slice(0, length).replace(/[\uD800-\uDBFF]$/, '')
