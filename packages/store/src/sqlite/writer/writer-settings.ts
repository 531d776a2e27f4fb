import type { Connection } from '../connection.js'

/** The settings of a writing connection that the promises rest on. */
const NAMES = [
  'journal_mode',
  'synchronous',
  'foreign_keys',
  'recursive_triggers',
  'wal_autocheckpoint',
  'journal_size_limit',
  'cache_size',
  'busy_timeout',
  'temp_store',
] as const

/** Reads them back, for the start-up line. */
export const readSettings = (connection: Connection): Readonly<Record<string, string | number>> =>
  Object.fromEntries(NAMES.map((name) => [name, plain(connection.pragma(name))]))

const plain = (value: unknown): string | number => (typeof value === 'number' ? value : String(value))
