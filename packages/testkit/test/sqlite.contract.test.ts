import { openTestStore } from '../src/index.js'
import { storeContract } from '../src/contract/index.js'

/** The second driver needs Node 24: the gate sets this there, and runs the same promises over it. */
const driver = process.env.HOLDFAST_TEST_DRIVER === 'node:sqlite' ? ('node:sqlite' as const) : ('libsql' as const)

storeContract(`a file with a writer thread (${driver})`, () => openTestStore({ writer: 'thread', driver }))
storeContract(`a file with an inline writer (${driver})`, () => openTestStore({ writer: 'inline', driver }))
storeContract(`:memory: (${driver})`, () => openTestStore({ path: ':memory:', driver }))
