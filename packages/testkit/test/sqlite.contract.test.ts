import { storeContract } from '../src/contract/index.js'
import { openTestStore } from '../src/index.js'
import { driver } from './support/driver.js'

storeContract(`a file with an inline writer (${driver})`, () => openTestStore({ writer: 'inline', driver }))
storeContract(`:memory: (${driver})`, () => openTestStore({ path: ':memory:', driver }))
