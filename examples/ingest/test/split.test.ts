import { describe, expect, it } from 'vitest'
import { splitMarkdown } from '../src/split.js'

const trails = (text: string) => splitMarkdown(text).map(({ headingTrail }) => headingTrail)

describe('splitting Markdown at its headings', () => {
  it('gives each section the headings above it, outermost first', () => {
    const text = '# Guide\nintro\n\n## Install\nsteps\n\n### Linux\napt\n\n## Use\nrun\n'

    expect(trails(text)).toEqual(['Guide', 'Guide › Install', 'Guide › Install › Linux', 'Guide › Use'])
  })

  it('keeps every line as it was written, and says where each section starts', () => {
    const text = 'before\n\n# One\n`a`  **b**\n\n# Two\n\n    code\n'
    const sections = splitMarkdown(text)

    expect(sections.map(({ line, level }) => [line, level])).toEqual([
      [1, 0],
      [3, 1],
      [6, 1],
    ])
    expect(sections.map(({ text: body }) => body)).toEqual(['before', '# One\n`a`  **b**', '# Two\n\n    code'])
  })

  it('has no section for an empty file, nor for one of blank lines', () => {
    expect(splitMarkdown('')).toEqual([])
    expect(splitMarkdown(' \n\t\n\n')).toEqual([])
  })

  it('makes one section of a file without headings', () => {
    expect(splitMarkdown('just text\nof two lines')).toEqual([
      { headingTrail: '', text: 'just text\nof two lines', level: 0, line: 1 },
    ])
  })

  it('does not take code, HTML, front matter, lists or quotes for headings', () => {
    const text = [
      '---',
      'title: a page',
      '---',
      '# Real',
      '```sh',
      '# a comment',
      '```',
      '<!--',
      '# hidden',
      '-->',
      '> # quoted',
      '',
      '- # in a list',
    ].join('\n')

    expect(trails(text)).toEqual(['', 'Real'])
    expect(splitMarkdown(text)[0]?.text).toBe('---\ntitle: a page\n---')
  })

  it('takes underlined headings, and strips markup from their words', () => {
    const text = 'The `big` [link](x) *one*\n=====\ntext\n\nSmall <b>bold</b>\n-----\n'

    expect(trails(text)).toEqual(['The big link one', 'The big link one › Small bold'])
  })

  it('reads CRLF, lone CR and a byte order mark as any editor does', () => {
    const sections = splitMarkdown('\uFEFF# One\r\ntext\r\n\r\n## Two\rmore')

    expect(sections.map(({ headingTrail, text }) => [headingTrail, text])).toEqual([
      ['One', '# One\ntext'],
      ['One › Two', '## Two\nmore'],
    ])
  })

  it('survives a heading deeper than its parent, and one that jumps back', () => {
    expect(trails('### Deep\n\n# Top\n\n#### Deeper\n')).toEqual(['Deep', 'Top', 'Top › Deeper'])
  })

  it('shortens a heading that goes on and on, between two characters', () => {
    for (const pad of ['', 'a']) {
      const [section] = splitMarkdown(`# ${pad}${'\u{1F600}'.repeat(2_000)}`)

      expect(section?.headingTrail.length).toBeLessThanOrEqual(300)
      expect(section?.headingTrail).toMatch(/^a?(?:\u{1F600})+$/u)
    }
  })

  it.each([
    ['quotes in quotes', '> '.repeat(50_000)],
    ['lists in lists', '- '.repeat(50_000)],
    ['brackets', '['.repeat(200_000)],
    ['a heading of many brackets', `# ${'['.repeat(100_000)}`],
    ['emphasis', `# ${'*a '.repeat(50_000)}`],
    ['back ticks', '`'.repeat(200_000)],
    ['a line of spaces', `${' '.repeat(200_000)}x`],
    ['front matter without an end', `---\n${'a: b\n'.repeat(40_000)}`],
  ])(
    'is not stalled by hostile text: %s',
    (_name, text) => {
      expect(splitMarkdown(text).length).toBeGreaterThanOrEqual(1)
    },
    5_000,
  )
})
