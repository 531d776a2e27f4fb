// Asks for a file's write lock from a process of its own and says what it was told.
import { openDatabase, toStoreError } from '@holdfast/store/sqlite'

try {
  const connection = openDatabase({ path: process.argv[2], role: 'writer', lockWaitMs: 0 })
  connection.exec('BEGIN IMMEDIATE')
  connection.exec('ROLLBACK')
  console.log('free')
} catch (error) {
  console.log(toStoreError(error).code)
}
