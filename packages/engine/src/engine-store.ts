import type { Store } from '@holdfast/store'

/** What the engine works on: a store of any engine, opened. */
export type EngineStore = Store
