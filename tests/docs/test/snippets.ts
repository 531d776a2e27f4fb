import { readdirSync, readFileSync, existsSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '../../..')

/** A program that a document shows. */
export interface Snippet {
  /** The document's path from the root, and the line of the block. */
  readonly place: string
  readonly language: 'js' | 'ts'
  readonly code: string
  /** Why it is not run, where the document says so: `<!-- not run: a fragment -->` above the block. */
  readonly notRun: string | undefined
}

const block = /(?:<!-- not run: (.+?) -->\n+)?^```(js|ts)\n([\s\S]*?)^```$/gm

const documents = (): readonly string[] => [
  join(root, 'README.md'),
  ...['packages', 'apps', 'examples'].flatMap((parent) =>
    readdirSync(join(root, parent))
      .map((name) => join(root, parent, name, 'README.md'))
      .filter(existsSync),
  ),
]

/** Every JavaScript and TypeScript block of the README and of each package's. */
export const snippets = (): readonly Snippet[] =>
  documents().flatMap((path) => {
    const text = readFileSync(path, 'utf8')
    return [...text.matchAll(block)].map((match) => ({
      place: `${relative(root, path)}:${text.slice(0, match.index).split('\n').length}`,
      language: match[2] === 'ts' ? ('ts' as const) : ('js' as const),
      code: match[3] ?? '',
      notRun: match[1],
    }))
  })
