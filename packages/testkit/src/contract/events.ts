import type { OpenTestStore } from '../open-test-store.js'

export const eventsContract = (_open: OpenTestStore): void => {}
