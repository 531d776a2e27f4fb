// Opens one disk after the other, as it is told. Arguments: the module that checks, and a file with what it must know.
import { readFileSync } from 'node:fs'

/** Libraries that close late, when the garbage collector comes, keep the files of the disks before. */
const COLLECT_EVERY = 100

const [module = '', knowledge = ''] = process.argv.slice(2)
const { checking } = await import(module)
const check = await checking(JSON.parse(readFileSync(knowledge, 'utf8')))

let checked = 0
const answer = async (folder) => {
  process.send(await check(folder))
  checked += 1
  if (checked % COLLECT_EVERY === 0) globalThis.gc?.()
}
process.on('message', (folder) => void answer(folder))
