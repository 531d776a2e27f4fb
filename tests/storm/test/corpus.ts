import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { splitMarkdown, type MarkdownSection } from '@holdfast/example-ingest'

/** The Markdown files that npm packages ship, which nobody here wrote. */
const PACKAGES = fileURLToPath(new URL('../../../node_modules/.pnpm', import.meta.url))
const PER_FOLDER = 40
const MAX_FILE_BYTES = 1_048_576

/** Real files, and what an ingest must make of each. */
export interface Corpus {
  readonly folder: string
  /** How many files there are. */
  readonly files: number
  /** The sections of the files that can be taken, by path. */
  readonly taken: ReadonlyMap<string, readonly MarkdownSection[]>
  /** Why the others can't, by path. */
  readonly refused: ReadonlyMap<string, string>
}

/**
 * Copies every Markdown file of this repository's dependencies below a folder, where nothing changes them, with a few
 * broken ones among them.
 */
export const makeCorpus = async (folder: string): Promise<Corpus> => {
  const found = await markdownBelow(PACKAGES)
  const paths = await Promise.all(found.map((source, n) => copied(source, folder, n)))
  paths.push(...(await brokenFiles(folder)))
  const taken = new Map<string, readonly MarkdownSection[]>()
  const refused = new Map<string, string>()
  for (const path of paths) {
    const bytes = await readFile(path)
    const why = whyRefused(bytes)
    if (why === undefined) taken.set(path, splitMarkdown(bytes.toString('utf8')))
    else refused.set(path, why)
  }
  return { folder, files: paths.length, taken, refused }
}

const markdownBelow = async (folder: string): Promise<readonly string[]> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.md'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
}

const copied = async (source: string, folder: string, n: number): Promise<string> => {
  const target = join(folder, `packages-${Math.floor(n / PER_FOLDER)}`, `${n}.md`)
  await mkdir(join(target, '..'), { recursive: true })
  await copyFile(source, target)
  return target
}

const brokenFiles = async (folder: string): Promise<readonly string[]> => {
  await mkdir(join(folder, 'broken'))
  const files = {
    'latin1.md': Buffer.from('# Caf\xe9', 'latin1'),
    'nul.md': Buffer.from('# a\u0000b'),
    'large.md': Buffer.alloc(MAX_FILE_BYTES + 1, 'x'),
    'empty.md': Buffer.alloc(0),
  }
  const paths: string[] = []
  for (const [name, bytes] of Object.entries(files)) {
    paths.push(join(folder, 'broken', name))
    await writeFile(join(folder, 'broken', name), bytes)
  }
  return paths
}

// Said a second time on purpose, so that the test doesn't believe what it tests.
const whyRefused = (bytes: Buffer): string | undefined => {
  if (bytes.byteLength > MAX_FILE_BYTES) return 'ingest.too_large'
  const isText = Buffer.from(bytes.toString('utf8'), 'utf8').equals(bytes) && !bytes.includes(0)
  return isText ? undefined : 'ingest.not_utf8'
}
