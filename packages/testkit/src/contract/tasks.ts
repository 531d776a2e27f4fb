import type { OpenTestStore } from '../open-test-store.js'

export const tasksContract = (_open: OpenTestStore): void => {}
