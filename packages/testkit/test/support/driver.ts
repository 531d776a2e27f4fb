import { SQLITE_DRIVERS } from '@holdfast/store/sqlite'

/** The driver that this run is about: `npm test` repeats the contract and process suites on node:sqlite under Node 24. */
export const driver = SQLITE_DRIVERS.find((each) => each === process.env.HOLDFAST_SQLITE_DRIVER) ?? 'libsql'
