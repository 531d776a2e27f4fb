// Runs SQL on a file, as a person with a shell does; with a third argument, keeps the connection open until it is killed.
import { openDatabase } from '@holdfast/store/sqlite'

const [path, sql, keep] = process.argv.slice(2)
const connection = openDatabase({ path, role: 'writer' })
connection.exec(sql)
if (keep) {
  process.send('done')
  // Named here, or the garbage collector would close it.
  setInterval(() => connection.inTransaction, 1_000)
} else connection.close()
