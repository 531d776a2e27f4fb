import { type Operation, query } from './operation.js'

/** The tables of the file that can be checked one by one, those that promises rest on first. */
export const checkableTables: Operation<Record<string, never>, readonly string[]> = query('file.tables')

/** What SQLite's quick check says of one table and its indexes; nothing when all is well. */
export const checkTable: Operation<{ readonly table: string }, readonly string[]> = query('file.check_table')
