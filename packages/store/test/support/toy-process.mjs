// A process of its own that opens a store of toys: node toy-process.mjs <path> <command> [...]. It answers on stdout, a
// line of JSON at a time.
import { openStore } from '@holdfast/store/sqlite'
import { put, putLarge, scan, sqlite, TOY_MIGRATIONS } from './toy-module.mjs'

const [path, command, prefix = '', count = '0'] = process.argv.slice(2)
const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`)

const open = (options = {}) => openStore({ path, modules: [sqlite], scopes: { toys: TOY_MIGRATIONS }, ...options })

/** What follows the command, as JSON. */
const optionsIn = (index) => JSON.parse(process.argv[3 + index] ?? '{}')

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
  /** Writes one toy, and stays until it is killed. */
  idleOn: async () => {
    const store = await open()
    await store.submit(put, { id: 'of the killed', value: 'v' })
    say({ idle: true })
    setInterval(() => {}, 60_000)
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
  /** Pours `count` megabytes in through eight lanes, and says how long a write took: half of them, and all but 1 %. */
  pour: async () => {
    const { kilobytes = 64, ...options } = optionsIn(3)
    const store = await open(options)
    say({ ready: true })
    let left = (Number(count) * 1024) / kilobytes
    const tookMs = []
    await Promise.all(
      Array.from({ length: 8 }, async () => {
        for (; left > 0; ) {
          left -= 1
          const startedMs = performance.now()
          await store.submit(putLarge, { id: `${prefix}-${left}`, kilobytes })
          tookMs.push(performance.now() - startedMs)
        }
      }),
    )
    tookMs.sort((a, b) => a - b)
    const percentile = (share) => tookMs[Math.ceil(tookMs.length * share) - 1]
    say({ poured: tookMs.length, p50Ms: percentile(0.5), p99Ms: percentile(0.99), longestMs: tookMs.at(-1) })
    await store.close()
  },
  /** Reads 500 toys at a time, three reads at once and one upon the other, until it is killed. Says so at every tenth. */
  readOn: async () => {
    const store = await open(optionsIn(1))
    let reads = 0
    const lane = async () => {
      for (;;) {
        await store.submit(scan, { limit: 500 })
        reads += 1
        if (reads % 10 === 0) say({ reads })
      }
    }
    await Promise.all([lane(), lane(), lane()])
  },
}

await commands[command]()
