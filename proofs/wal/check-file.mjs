// Looks at a file that nobody else has open: `node check-file.mjs <database>`. Answers with one line of JSON:
// what is in it, or the code of the error that it is refused with.
import { openDatabase } from '@holdfast/store/sqlite'

const look = () => {
  const connection = openDatabase({ path: process.argv[2], role: 'reader' })
  const rows = (sql) => connection.prepare(sql).raw().all()
  try {
    return {
      integrity: rows('PRAGMA integrity_check(5)').flat().join('; '),
      tasks: rows('SELECT count(*) FROM tasks')[0][0],
      expiries: Object.fromEntries(
        rows('SELECT id, lease_expires_at_ms FROM work_items WHERE lease_expires_at_ms IS NOT NULL'),
      ),
    }
  } finally {
    connection.close()
  }
}

let found
try {
  found = look()
} catch (error) {
  if (!/^(store|SQLITE)[._]/.test(error.code)) throw error
  found = { refused: error.code }
}
console.log(JSON.stringify(found))
