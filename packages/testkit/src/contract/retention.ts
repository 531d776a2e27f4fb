import type { OpenTestStore } from '../open-test-store.js'

export const retentionContract = (_open: OpenTestStore): void => {}
