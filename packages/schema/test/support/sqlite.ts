import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'libsql'
import { afterAll } from 'vitest'
import { type Db, Refused, type Row, type SqlValue } from './db.js'
import { migrationStatements } from './migration.js'

const reasonOf = (error: unknown): string => {
  const { message, code } = error as { message: string; code?: string }
  const check = /^CHECK constraint failed: (\w+)/.exec(message)
  if (check) return `check ${check[1]}`
  if (message.startsWith('UNIQUE constraint failed')) return 'unique'
  if (message.startsWith('FOREIGN KEY constraint failed')) return 'foreign key'
  if (message.startsWith('NOT NULL constraint failed')) return 'not null'
  if (message.startsWith('cannot store')) return 'type'
  return code === 'SQLITE_CONSTRAINT_TRIGGER' ? message : `${code}: ${message}`
}

const refusing = async <T>(run: () => T): Promise<T> => {
  try {
    return run()
  } catch (cause) {
    throw new Refused(reasonOf(cause), cause)
  }
}

/** Real files in a folder that goes with the test file. Each call opens a new one, migrated or made by `statements`. */
export const sqliteFiles = ({
  asTheStoreDoes,
}: {
  asTheStoreDoes: boolean
}): ((statements?: readonly string[]) => Promise<Db>) => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-schema-'))
  const open: Database.Database[] = []
  afterAll(() => {
    for (const file of open) file.close()
    rmSync(folder, { recursive: true })
  })
  return async (statements = migrationStatements('sqlite')): Promise<Db> => {
    const file = new Database(join(folder, `${open.length}.db`))
    open.push(file)
    file.exec('pragma foreign_keys = on; pragma synchronous = off; pragma journal_mode = memory')
    // What the store's own connections set; SQLite's defaults are the other way round.
    file.exec(`pragma recursive_triggers = ${asTheStoreDoes ? 'on' : 'off'}`)
    file.exec(`pragma trusted_schema = ${asTheStoreDoes ? 'off' : 'on'}`)
    for (const statement of statements) file.exec(statement)
    const all = (sql: string, params: readonly SqlValue[] = []): Row[] => {
      const rows = file.prepare(sql).all([...params]) as Row[]
      return rows.map((row) => ({ ...row }))
    }
    return {
      engine: 'sqlite',
      all: (sql, params) => refusing(() => all(sql, params)),
      exec: (sql, params) => refusing(() => void all(sql, params)),
    }
  }
}
