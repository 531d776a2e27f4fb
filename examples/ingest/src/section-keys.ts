import type { SectionInput } from '@holdfast/memory'
import type { MarkdownSection } from './split.js'

const MAX_SLUG_LENGTH = 200

/**
 * Names each section of a file by its path and headings, as a link to it would: `docs/a.md#install-on-linux`. A name
 * that occurs again gets a number, so an edit to one section leaves the keys of its neighbours alone.
 */
export const keyedSections = (path: string, sections: readonly MarkdownSection[]): readonly SectionInput[] => {
  const seen = new Map<string, number>()
  return sections.map(({ headingTrail, text, level, line }) => {
    const name = `${path}#${slug(headingTrail)}`
    const count = (seen.get(name) ?? 0) + 1
    seen.set(name, count)
    // "~" is in no slug, so a numbered name never meets a heading's own.
    return { key: count === 1 ? name : `${name}~${count}`, headingTrail, text, metadata: { level, line } }
  })
}

// By code points, because half of a surrogate pair is no text.
const slug = (headingTrail: string): string =>
  [...headingTrail.toLowerCase().replace(/[^\p{L}\p{N}\p{M}]+/gu, '-')]
    .slice(0, MAX_SLUG_LENGTH)
    .join('')
    .replace(/^-+|-+$/g, '')
