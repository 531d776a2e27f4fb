import { afterAll } from 'vitest'
import { storeContract } from '../src/contract/index.js'
import { sharedTestStore } from '../src/index.js'
import { driver } from './support/driver.js'

const shared = sharedTestStore({ writer: 'thread', driver })
afterAll(() => shared.close())

storeContract(`a file with a writer thread (${driver})`, shared.open)
