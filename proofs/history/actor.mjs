// One process of a history: does this and that on the file, from several callers at once, records all of it, and stops
// when it is told to. Arguments: the file, the history's file, its name, its seed.
import { StoreError } from '@holdfast/store'
import { openStore } from '@holdfast/store/sqlite'
import { recordedStore, recordHistory } from '@holdfast/testkit/history'
import { randomFrom } from '../support/random.mjs'
import { Choices } from './choices.mjs'

const CALLERS = 6
const SAID_EVERY = 100

const [path, file, name, seed] = process.argv.slice(2)
const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`)

let isStopping = false
process.stdin.once('data', () => {
  isStopping = true
  process.stdin.destroy()
})

const history = recordHistory({ process: name, file })
const store = await openStore({ path })
const choices = new Choices(recordedStore(store, history), { random: randomFrom(Number(seed)), name })
say({ ready: true })

let did = 0
const call = async () => {
  while (!isStopping) {
    try {
      await choices.next()
    } catch (error) {
      if (!(error instanceof StoreError)) throw error
    }
    did += 1
    if (did % SAID_EVERY === 0) say({ did: SAID_EVERY })
  }
}
await Promise.all(Array.from({ length: CALLERS }, call))
await store.close()
history.close()
