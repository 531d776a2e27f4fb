// A process with a store of its own: calls what it is told to, and answers with what came of it.
import { openStore } from '@holdfast/store/sqlite'

const store = await openStore({ path: process.argv[2], durability: 'process', readers: 0, writer: 'inline' })
const answer = async ({ path, args }) => {
  if (path === 'close') {
    await store.close()
    return process.disconnect()
  }
  const [repository, method] = path.split('.')
  try {
    process.send({ value: await store[repository][method](...args) })
  } catch ({ code, message }) {
    process.send({ code, message })
  }
}
process.on('message', (request) => void answer(request))
process.send({ value: 'open' })
