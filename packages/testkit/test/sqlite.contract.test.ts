import { afterAll } from 'vitest'
import { storeContract } from '../src/contract/index.js'
import { openTestStore, sharedTestStore } from '../src/index.js'
import { driver } from './support/driver.js'

const thread = sharedTestStore({ writer: 'thread', driver })
const inline = sharedTestStore({ writer: 'inline', driver })
afterAll(async () => {
  await thread.close()
  await inline.close()
})

storeContract(`a file with a writer thread (${driver})`, thread.open)
storeContract(`a file with an inline writer (${driver})`, inline.open)
storeContract(`:memory: (${driver})`, () => openTestStore({ path: ':memory:', driver }))
