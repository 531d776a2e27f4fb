import { mutated } from '../support/mutate.mjs'

const STORE = 'packages/store/dist/sqlite'
const STEP = `if (globalThis.proofIsArmed && (globalThis.proofSteps = (globalThis.proofSteps ?? 0) + 1) === Number(process.env.HOLDFAST_PROOF_DIE_AT)) process.kill(process.pid, 'SIGKILL');`

/**
 * An API that kills itself before the n-th thing that its writer does from its first submission on: each statement of
 * the transaction, its BEGIN and COMMIT, and the answer.
 *
 * @param {number} step From 1.
 */
export const dieAt = (step) => {
  const { nodeArgs } = mutated(
    {
      file: `${STORE}/group.js`,
      replace: 'context.begin(connection);',
      by: `if (group.some(({ name }) => name === 'tasks.submit')) globalThis.proofIsArmed = true; context.begin(connection);`,
    },
    {
      file: `${STORE}/driver/facade.js`,
      replace: 'const prepared = statements.nativeOf(statement);',
      by: `${STEP} const prepared = statements.nativeOf(statement);`,
    },
    { file: `${STORE}/driver/facade.js`, replace: 'watch.exec(sql);', by: `${STEP} watch.exec(sql);` },
    {
      file: `${STORE}/writer/writer-thread.js`,
      replace: `say({ kind: 'reply', reply: line.next(message) });`,
      by: `const reply = line.next(message); ${STEP} say({ kind: 'reply', reply });`,
    },
  )
  return { nodeArgs, env: { HOLDFAST_PROOF_DIE_AT: String(step) } }
}
