import type { OpenTestStore } from '../open-test-store.js'

export const sweepContract = (_open: OpenTestStore): void => {}
