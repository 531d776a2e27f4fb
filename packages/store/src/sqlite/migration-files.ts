import { createHash } from 'node:crypto'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { InvariantError, type StoreError } from '../errors.js'

/** One numbered file: it takes its scope from `version - 1` to `version`. */
export interface Migration {
  /** Counted from 1; `0000_….sql` is version 1, and version 0 is a file without any. */
  readonly version: number
  readonly name: string
  /** SHA-256 of the text, line ends and trailing blanks apart: a checkout on Windows is no change. */
  readonly hash: string
  readonly statements: readonly string[]
}

/** The migrations that this package ships, for one database. A bundle has no files beside it: pass a folder there. */
export const migrationsFolder = (database: 'sqlite' | 'postgres'): string =>
  fileURLToPath(new URL(`../../migrations/${database}`, import.meta.url))

const NUMBERED = /^(\d{4})_.+\.sql$/
const BREAKPOINT = '--> statement-breakpoint'

/**
 * Reads the migrations of one scope: drizzle-kit's layout of numbered files and a journal.
 *
 * @throws {InvariantError} `store.invariant`: a number is missing or twice there, or the journal names other files.
 * That is a broken package, not a broken database.
 */
export const readMigrations = (folder: string): readonly Migration[] => {
  const files = readdirSync(folder)
    .filter((file) => NUMBERED.test(file))
    .sort()
  if (files.length === 0) throw broken(folder, 'there are none')
  for (const [index, file] of files.entries()) {
    if (Number(NUMBERED.exec(file)?.[1]) !== index) throw broken(folder, `step ${index} is missing before ${file}`)
  }
  const names = files.map((file) => file.slice(0, -'.sql'.length))
  assertJournal(folder, names)
  return names.map((name, index) => readMigration(join(folder, `${name}.sql`), name, index + 1))
}

const readMigration = (path: string, name: string, version: number): Migration => {
  const text = normalised(readFileSync(path, 'utf8'))
  return {
    version,
    name,
    hash: createHash('sha256').update(text).digest('hex'),
    statements: text
      .split(BREAKPOINT)
      .map((statement) => statement.trim())
      .filter((statement) => statement !== ''),
  }
}

const normalised = (text: string): string =>
  text
    .replace(/^\uFEFF/, '')
    .replace(/\r\n?/g, '\n')
    .replace(/[ \t]+$/gm, '')
    .trim()

interface Journal {
  readonly entries: readonly { readonly idx: number; readonly tag: string }[]
}

const assertJournal = (folder: string, names: readonly string[]): void => {
  // drizzle-kit writes it; a file that it doesn't name was put there by hand, or not shipped.
  const journal = JSON.parse(readFileSync(join(folder, 'meta', '_journal.json'), 'utf8')) as Journal
  const tags = journal.entries.map((entry) => entry.tag)
  if (tags.length !== names.length || tags.some((tag, index) => tag !== names[index]))
    throw broken(
      folder,
      `the journal names ${tags.join(', ') || 'nothing'}, the folder holds ${names.join(', ') || 'nothing'}`,
    )
}

const broken = (folder: string, problem: string): StoreError =>
  new InvariantError(`the migrations in ${folder} are not whole: ${problem}`, { folder })
