import { openDatabase } from '@holdfast/store/sqlite'
import { inChild } from '../support/in-child.mjs'

/** The triggers of a file that the store has made, in a process of its own: nobody else may have the file open. */
inChild(({ path }) => {
  const connection = openDatabase({ path, role: 'reader' })
  const rows = connection.prepare(`SELECT name FROM sqlite_master WHERE type = 'trigger'`).all()
  connection.close()
  return rows.map(({ name }) => name)
})
