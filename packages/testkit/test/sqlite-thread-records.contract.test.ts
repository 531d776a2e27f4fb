import { storeContract } from '../src/contract/index.js'
import { openTestStore } from '../src/index.js'
import { driver } from './support/driver.js'

storeContract(`a file with a writer thread (${driver})`, () => openTestStore({ writer: 'thread', driver }), ['records'])
