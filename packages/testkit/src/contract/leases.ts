import type { OpenTestStore } from '../open-test-store.js'

export const leasesContract = (_open: OpenTestStore): void => {}
