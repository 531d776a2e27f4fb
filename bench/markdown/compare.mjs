// Compares Markdown parsers on the files that npm packages ship, and on hostile text.
//   cd bench/markdown && npm install && node compare.mjs [folder]
import { readFileSync, readdirSync, statSync } from 'node:fs'
import { cpus } from 'node:os'
import { join, resolve } from 'node:path'
import { Parser } from 'commonmark'
import MarkdownIt from 'markdown-it'
import { Lexer } from 'marked'
import { fromMarkdown } from 'mdast-util-from-markdown'
import { gfmFromMarkdown } from 'mdast-util-gfm'
import { gfm } from 'micromark-extension-gfm'

const ROUNDS = 5
const LARGEST = 200_000

const markdownIt = new MarkdownIt('commonmark', { html: true })
const parsers = {
  'markdown-it, blocks only': (text) => markdownIt.block.parse(text, markdownIt, {}, []),
  'markdown-it': (text) => markdownIt.parse(text, {}),
  'marked, blocks only': (text) => new Lexer({ gfm: true }).blockTokens(text.replace(/\r\n?/g, '\n'), []),
  marked: (text) => new Lexer({ gfm: true }).lex(text),
  commonmark: (text) => new Parser().parse(text),
  'mdast-util-from-markdown': (text) =>
    fromMarkdown(text, { extensions: [gfm()], mdastExtensions: [gfmFromMarkdown()] }),
}

const hostile = {
  'quotes in quotes': '> '.repeat(100_000),
  'lists in lists': '- '.repeat(100_000),
  'indented lists': Array.from({ length: 600 }, (_, i) => `${' '.repeat(i)}- a`).join('\n'),
  brackets: '['.repeat(200_000),
  'link definitions': '[a]: b\n'.repeat(28_000),
  headings: '# a\n'.repeat(50_000),
}

const folder = resolve(process.argv[2] ?? '../../node_modules')
const texts = [...markdownFiles(folder)].map((path) => readFileSync(path, 'utf8'))
const characters = texts.reduce((sum, text) => sum + text.length, 0)
console.log(`${texts.length} files, ${characters} characters; Node ${process.version}, ${cpus()[0]?.model}`)

// Interleaved, so that all meet the same moods of a shared machine.
const times = Object.fromEntries(Object.keys(parsers).map((name) => [name, []]))
for (let round = 0; round < ROUNDS; round++) {
  for (const [name, parse] of Object.entries(parsers)) {
    const start = performance.now()
    for (const text of texts) parse(text)
    times[name].push(performance.now() - start)
  }
}
console.log('\n| parser | µs a file (median) | relative | hostile text: slowest, or failed |\n|---|---|---|---|')
const base = median(Object.values(times)[0])
for (const [name, parse] of Object.entries(parsers)) {
  const time = median(times[name])
  console.log(
    `| ${name} | ${Math.round((time / texts.length) * 1000)} | ${(time / base).toFixed(1)} | ${worst(parse)} |`,
  )
}

function worst(parse) {
  let slowest = { name: '', ms: 0 }
  const failed = []
  for (const [name, text] of Object.entries(hostile)) {
    const start = performance.now()
    try {
      parse(text)
    } catch (error) {
      failed.push(`${name}: ${error.message}`)
    }
    const ms = performance.now() - start
    if (ms > slowest.ms) slowest = { name, ms }
  }
  return [`${slowest.name} ${Math.round(slowest.ms)} ms`, ...failed].join('; ')
}

function median(values) {
  return [...values].sort((a, b) => a - b)[values.length >> 1]
}

function* markdownFiles(directory) {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name)
    if (entry.isDirectory()) yield* markdownFiles(path)
    else if (entry.isFile() && entry.name.endsWith('.md') && statSync(path).size < LARGEST) yield path
  }
}
