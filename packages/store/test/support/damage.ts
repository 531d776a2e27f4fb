import { execFileSync } from 'node:child_process'
import { chmod } from 'node:fs/promises'
import { openDatabase } from '@holdfast/store/sqlite'
import { toyPath } from './open-toy-store.js'

/** A copy with every page in the database file itself, and none in a write-ahead log. */
export const withoutWal = async (path: string): Promise<string> => {
  const copy = toyPath()
  const connection = openDatabase({ path, role: 'writer' })
  connection.exec(`VACUUM INTO '${copy}'`)
  connection.close()
  await chmod(copy, 0o600)
  openDatabase({ path: copy, role: 'writer' }).close()
  return copy
}

const OVERWRITE = `const { closeSync, openSync, writeSync } = require('node:fs')
const file = openSync(process.argv[1], 'r+')
writeSync(file, Buffer.alloc(4_096, 0xaa), 0, 4_096, Number(process.argv[2]))
closeSync(file)`

/**
 * Garbage over the first page of a table, as a disk or another program leaves it. From another process: what libsql keeps
 * of a closed connection would lose its lock here, and whoever opens the file next is told so.
 */
export const overwriteTable = async (path: string, table: string): Promise<void> => {
  const connection = openDatabase({ path, role: 'reader' })
  const row = connection.prepare('SELECT rootpage FROM sqlite_schema WHERE name = ?').get(table)
  connection.close()
  execFileSync(process.execPath, ['-e', OVERWRITE, path, String((Number(row?.rootpage) - 1) * 4_096)])
}
