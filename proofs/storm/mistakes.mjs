import { leaseProvedBy, withoutTriggers } from '../support/lease-mistakes.mjs'
import { mutated } from '../support/mutate.mjs'

const STORE = 'packages/store/dist/sqlite'
const ENGINE = 'packages/engine/dist'

/** Nothing but the statements stands for the items. */
const WITHOUT_TRIGGER = withoutTriggers('work_items_guard_update')

/**
 * A caller is answered while its transaction is still open; it is committed by the next one, or a moment later: long
 * enough to be struck by a kill, also on a machine that has much to do.
 */
export const answeredBeforeTheCommit = (lateMs = 300) =>
  mutated(
    {
      file: `${STORE}/group.js`,
      replace: `connection.exec('COMMIT');\n        return committed(connection, verdicts);`,
      by: `setTimeout(() => { if (connection.inTransaction) connection.exec('COMMIT') }, ${lateMs});
        return { state: 'committed', verdicts };`,
    },
    {
      file: `${STORE}/group.js`,
      replace: 'context.begin(connection);',
      by: `if (connection.inTransaction) connection.exec('COMMIT'); context.begin(connection);`,
    },
  )

/** Whoever once held an item may end it, whatever became of it since. */
export const endedWithoutGuard = () => mutated(WITHOUT_TRIGGER, ...leaseProvedBy('', ''))

/** The state is tested, and the token isn't. */
export const endedWithoutToken = () =>
  mutated(WITHOUT_TRIGGER, ...leaseProvedBy(`and state = 'running'`, `and work_items.state = 'running'`))

/** The owner's name is tested instead of the token; every process is told the name that it goes by. */
export const guardedByName = () => {
  const name = `\${sql.raw(process.env.HOLDFAST_PROOF_OWNER ?? 'nobody')}`
  return mutated(
    WITHOUT_TRIGGER,
    ...leaseProvedBy(
      `and state = 'running' and lease_owner = '${name}'`,
      `and work_items.state = 'running' and work_items.lease_owner = '${name}'`,
    ),
  )
}

/** What a dead process held stays with it until its leases run out. */
export const deadAreNotNoticed = () =>
  mutated({
    file: `${ENGINE}/sweep/sweep-steps.js`,
    replace: 'for (const id of await store.liveness.dead()) {',
    by: 'for (const id of []) {',
  })

const AT_FIRST_SIGHT = {
  file: `${ENGINE}/sweep/expiry-trust.js`,
  replace: `return nowMs < this.#startedAtMs + heartbeatMs ? 'first_look' : null;`,
  by: 'return null;',
}

/** A lease is over when the wall clock says so, and not before. */
export const sweptByTheWallClockAlone = () =>
  mutated(
    {
      file: `${ENGINE}/sweep/expiry-trust.js`,
      replace: `if (nowMs < this.#clockTrustedAtMs)`,
      by: 'if (false)',
    },
    AT_FIRST_SIGHT,
    {
      file: `${ENGINE}/sweep/overdue-watch.js`,
      replace: 'return nowMonotonicMs - sinceMonotonicMs > lease.leaseMs;',
      by: 'return false;',
    },
  )

/** A sweeper that has just begun to look believes what it sees. */
export const sweptAtFirstSight = () => mutated(AT_FIRST_SIGHT)

/** The owner of a key is gone when the wall clock says that its lease is over. */
export const keysByTheWallClockAlone = () =>
  mutated({
    file: 'packages/store/dist/repositories/key-watch.js',
    replace: 'if (this.#clockWatch.hasJumped())',
    by: 'return Number.MAX_SAFE_INTEGER; if (false)',
  })

/** A key's heartbeat is granted by the wall clock, whatever its sender knows of the time that has passed. */
export const keyHeartbeatsByTheWallClockAlone = () =>
  mutated({
    file: `${ENGINE}/idempotent.js`,
    replace: 'isLive: nowMs - extendedAtMs < IDEMPOTENCY_LEASE_MS',
    by: 'isLive: false',
  })

/** Heartbeats are granted by the wall clock, whatever their sender knows of the time that has passed. */
export const heartbeatsByTheWallClockAlone = () =>
  mutated({
    file: `${ENGINE}/lease-keeper/keeper-thread.js`,
    replace: 'store.leases.heartbeatAll(batch, { leaseMs, isLive })',
    by: 'store.leases.heartbeatAll(batch, { leaseMs })',
  })

/** The effect is committed, and its key a moment later. */
export const keyAfterTheEffect = () =>
  mutated({
    file: `${STORE}/tasks.js`,
    replace: 'key.keep(tenant, idempotency, task.seq, nowMs);',
    by: 'setTimeout(() => key.keep(tenant, idempotency, task.seq, nowMs), 20);',
  })

/** Whoever repeats a request is given an answer that is made anew. */
export const answerMadeAnew = () =>
  mutated({
    file: 'apps/api/dist/routes/submit-task.js',
    replace: '(replayed ?? answer)',
    by: '(answer)',
  })
