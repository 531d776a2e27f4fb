// A program that writes to the file in plain SQL and means harm: the triggers refuse whatever it tries. Argument: the file.
import { setTimeout as pause } from 'node:timers/promises'
import { openDatabase } from '@holdfast/store/sqlite'

const FORGERIES = [
  `UPDATE work_items SET result = '"forged"' WHERE state = 'completed'`,
  `UPDATE work_items SET state = 'completed', reason = 'completed', result = '"forged"', result_encoding = 'json',
    finished_at_ms = 1, lease_owner = NULL, process_id = NULL, lease_ms = NULL, lease_acquired_at_ms = NULL,
    lease_expires_at_ms = NULL, heartbeat_at_ms = NULL, is_ahead = 0 WHERE state = 'running'`,
  `UPDATE work_items SET fencing_token = fencing_token - 1 WHERE state = 'pending' AND fencing_token > 0`,
  `UPDATE idempotency_keys SET response = '"forged"' WHERE state = 'completed'`,
  `UPDATE checkpoints SET position = position + 1000`,
]
const PAUSE_MS = 40

const [path] = process.argv.slice(2)
const figures = { tried: 0, refused: 0, landed: 0 }
let isStopping = false
process.stdin.once('data', () => {
  isStopping = true
  process.stdin.destroy()
})

const connection = openDatabase({ path, role: 'writer', create: false })
process.stdout.write(`${JSON.stringify({ ready: true })}\n`)
while (!isStopping) {
  for (const sql of FORGERIES) {
    figures.tried += 1
    try {
      const { changes } = connection.prepare(sql).run()
      if (changes > 0) figures.landed += 1
    } catch {
      figures.refused += 1
    }
    await pause(PAUSE_MS)
  }
}
connection.close()
process.stdout.write(`${JSON.stringify({ figures })}\n`)
