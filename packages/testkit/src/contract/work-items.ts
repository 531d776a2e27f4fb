import type { OpenTestStore } from '../open-test-store.js'

export const workItemsContract = (_open: OpenTestStore): void => {}
