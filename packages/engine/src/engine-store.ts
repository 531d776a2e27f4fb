import type { Repositories, Store } from '@holdfast/store'

/** What the engine works on: an opened store, with the repositories over it. */
export type EngineStore = Store & Repositories
