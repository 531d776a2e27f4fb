const STORE = 'packages/store/dist/sqlite'

/**
 * A database that is made without these triggers. Every guard is there twice, in the WHERE of the statement and in a
 * trigger, and either alone holds: so a mistake in a statement is made on a file without the trigger.
 *
 * @param {...string} names
 */
export const withoutTriggers = (...names) => ({
  file: `${STORE}/migrator.js`,
  replace: 'assertForeignKeys(connection);',
  by: `assertForeignKeys(connection); ${names.map((name) => `connection.exec('DROP TRIGGER IF EXISTS ${name}');`).join(' ')}`,
})

/** The two places that say under which lease an item may end: alone, and in a batch. */
export const leaseProvedBy = (alone, batched) => [
  {
    file: `${STORE}/lease-guard.js`,
    replace: `and state = 'running' and fencing_token = \${p('fencingToken')}\``,
    by: `${alone}\``,
  },
  {
    file: `${STORE}/completion.js`,
    replace: `and work_items.state = 'running' and work_items.fencing_token = done.token`,
    by: batched,
  },
]
