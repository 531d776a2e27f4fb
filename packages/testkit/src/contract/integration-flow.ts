import type { OpenTestStore } from '../open-test-store.js'

export const integrationFlowContract = (_open: OpenTestStore): void => {}
