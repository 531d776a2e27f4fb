// A process of its own that opens a store of toys: node toy-process.mjs <path> <command> [...]. It answers on stdout, a
// line of JSON at a time.
import { openStore } from '@holdfast/store/sqlite'
import { put, putLarge, sqlite, TOY_MIGRATIONS } from './toy-module.mjs'

const [path, command, prefix = '', count = '0'] = process.argv.slice(2)
const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`)

const open = (options = {}) => openStore({ path, modules: [sqlite], scopes: { toys: TOY_MIGRATIONS }, ...options })

const commands = {
  /** Opens, writes, closes, and has nothing more to do. */
  close: async () => {
    const store = await open()
    await store.submit(put, { id: 'a', value: 'v' })
    await store.close()
    say({ closed: true })
  },
  /** Opens, writes, and has nothing more to do. */
  idle: async () => {
    const store = await open()
    await store.submit(put, { id: 'a', value: 'v' })
    say({ idle: true })
  },
  /** Stays until it is killed. */
  stay: async () => {
    const store = await open({ writer: 'inline' })
    say({ processId: store.info().processId })
    setInterval(() => {}, 60_000)
  },
  /** Writes `count` toys of 4 KB, with a WAL checkpoint at every 256 KB, and says each that was acknowledged. */
  write: async () => {
    const store = await open({ limits: { walCheckpointBytes: 262_144 } })
    const ids = Array.from({ length: Number(count) }, (_, i) => `${prefix}-${i}`)
    say({ ready: true })
    await Promise.all(
      [0, 1, 2, 3].map(async (lane) => {
        for (let i = lane; i < ids.length; i += 4) {
          await store.submit(putLarge, { id: ids[i], kilobytes: 4 })
          say({ acknowledged: ids[i] })
        }
      }),
    )
    await store.close()
    say({ done: true })
  },
}

await commands[command]()
