import type { OpenTestStore } from '../open-test-store.js'

export const idempotencyContract = (_open: OpenTestStore): void => {}
