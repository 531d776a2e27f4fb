import type { OpenTestStore } from '../open-test-store.js'

export const processesContract = (_open: OpenTestStore): void => {}
