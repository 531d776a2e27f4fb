import type { OpenTestStore } from '../open-test-store.js'

export const checkpointsContract = (_open: OpenTestStore): void => {}
