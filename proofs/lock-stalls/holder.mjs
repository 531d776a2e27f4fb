// A program that is none of Holdfast's and writes to its file: it takes the write lock when it is told to, and lets go of
// it when it is told to. As the docs ask of such programs, it leaves the WAL's checkpoints alone.
import Database from 'libsql'

const [path] = process.argv.slice(2)
const database = new Database(path, { timeout: 60_000 })
database.exec('PRAGMA wal_autocheckpoint = 0')

const nowMs = () => performance.timeOrigin + performance.now()

process.on('message', ({ ask }) => {
  if (ask === 'take') {
    database.exec('BEGIN IMMEDIATE')
    database.exec('UPDATE schema_versions SET version = version')
    process.send({ heldAtMs: nowMs() })
  } else {
    database.exec(ask)
    process.send({ releasedAtMs: nowMs() })
  }
})
process.once('disconnect', () => process.exit(0))
process.send({ ready: true })
