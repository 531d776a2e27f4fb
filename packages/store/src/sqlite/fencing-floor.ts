import { sql, type SQL } from 'drizzle-orm'
import type { SqliteDatabase } from './connection.js'
import { preparedChange } from './prepared.js'

/**
 * Tokens outlive their rows. An item or a key may be deleted and its name be given again, while somebody still holds a
 * token of the row that is gone: with tokens from 1 again, that one would pass for the new owner's. So whoever deletes
 * raises the floor to the highest token it takes away, and every row is born at the floor.
 */
const NAME = sql.raw(`'fencing_floor'`)

/** The highest token of all that were ever deleted; 0 at first. */
export const FENCING_FLOOR: SQL = sql`coalesce(
  (select cast(floor.value as integer) from store_properties as floor where floor.name = ${NAME}), 0
)`

/** Raises the floor to the tokens of the rows of `table` that `condition` names. Belongs before their deletion. */
export const preparedFloor = (
  db: SqliteDatabase,
  table: 'work_items' | 'idempotency_keys',
  condition: SQL,
): ((values?: object) => number) =>
  preparedChange(
    db,
    sql`insert into store_properties (name, value)
        select ${NAME}, max(doomed.fencing_token) from ${sql.raw(table)} as doomed where ${condition}
        having max(doomed.fencing_token) > ${FENCING_FLOOR}
        on conflict (name) do update set value = excluded.value`,
  )
