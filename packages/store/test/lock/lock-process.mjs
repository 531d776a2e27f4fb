// A process of its own at one database's write lock: node lock-process.mjs <path> <command> [...]. It answers on stdout,
// a line of JSON at a time. The built files below are the store's own, so that a test can make one process impolite.
import { once } from 'node:events'
import { openDatabase } from '@holdfast/store/sqlite'
import { beginImmediate, beginTurn, pause } from '../../dist/sqlite/begin.js'
import { wantOf } from '../../dist/sqlite/lock/want-file.js'
import { WriteTurn } from '../../dist/sqlite/lock/write-turn.js'

const [path, command, ...rest] = process.argv.slice(2)
const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`)
const connection = openDatabase({ path, role: 'writer' })

const commands = {
  /** Once told to, commits without a pause for `forMs`, each commit holding the lock for `holdMs`. */
  write: async (forMs, holdMs, politeness) => {
    const turn = new WriteTurn(wantOf(path), politeness === 'greedy' ? Number.POSITIVE_INFINITY : undefined)
    const insert = connection.prepare(`insert into toys (id, value) values (?, 'v')`)
    say({ ready: true })
    await once(process.stdin, 'data')
    const untilMs = performance.now() + Number(forMs)
    let commits = 0
    for (; performance.now() < untilMs; commits += 1) {
      beginTurn(connection, turn, 60_000)
      insert.run(`${process.pid}-${commits}`)
      pause(Number(holdMs))
      connection.exec('COMMIT')
      turn.ended(performance.now())
    }
    say({ commits })
  },
  /** Takes the lock once. */
  take: async (lockWaitMs) => {
    say({ asking: true })
    beginImmediate(connection, Number(lockWaitMs))
    say({ taken: true })
    connection.exec('ROLLBACK')
  },
  /** Keeps the lock until it is killed. */
  hold: async () => {
    beginImmediate(connection, 60_000)
    say({ holding: true })
    await once(process.stdin, 'data')
  },
}

await commands[command](...rest)
process.stdin.destroy()
