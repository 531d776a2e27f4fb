// A program that is none of Holdfast's, on the same file and with the same SQLite: `node outsider.mjs <database> <what>`.
//   checkpoints   runs WAL checkpoints whenever it likes
//   writes        writes with SQLite's default settings, its checkpoints at commit included
//   reads         stays in one snapshot until it is asked to leave it
import Database from 'libsql'

const [path, what] = process.argv.slice(2)
const database = new Database(path, { timeout: 10_000 })
let done = 0

const again = {
  checkpoints: () => database.pragma('wal_checkpoint(PASSIVE)'),
  // The row that every transaction of the product may write as well: it says nothing.
  writes: () => database.exec('UPDATE schema_versions SET version = version'),
}
const turn = () => {
  try {
    again[what]()
    done += 1
  } catch (error) {
    if (error.code !== 'SQLITE_BUSY') throw error
  }
  setImmediate(turn)
}

if (what === 'reads') {
  database.exec('BEGIN')
  database.prepare('SELECT count(*) FROM tasks').get()
} else turn()

process.on('message', () => {
  if (what === 'reads') database.exec('COMMIT')
  process.send({ done })
})
process.once('disconnect', () => process.exit(0))
process.send({ ready: true })
