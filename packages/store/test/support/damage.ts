import { chmod, open } from 'node:fs/promises'
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

/** Garbage over the first page of a table, as a disk or another program leaves it. */
export const overwriteTable = async (path: string, table: string): Promise<void> => {
  const connection = openDatabase({ path, role: 'reader' })
  const row = connection.prepare('SELECT rootpage FROM sqlite_schema WHERE name = ?').get(table)
  connection.close()
  const file = await open(path, 'r+')
  await file.write(Buffer.alloc(4_096, 0xaa), 0, 4_096, (Number(row?.rootpage) - 1) * 4_096)
  await file.close()
}
