/** The second driver needs Node 24: the gate sets this there, and the same tests run over it. */
export const driver =
  process.env.HOLDFAST_TEST_DRIVER === 'node:sqlite' ? ('node:sqlite' as const) : ('libsql' as const)
