import type { RefusalCode } from '../../refusal-code.js'
import { guards } from '../../triggers/guards.js'
import type { SchemaObject } from '../../triggers/schema-object.js'
import { REFUSED } from './guard.js'

const CODE: RefusalCode = 'retention.not_permitted'

const truncateGuard = (table: string): SchemaObject => {
  const name = `${table}_guard_truncate`
  return {
    name,
    table,
    create: [
      `CREATE FUNCTION ${name}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '${CODE}' USING ERRCODE = '${REFUSED}';
END
$$`,
      `CREATE TRIGGER ${name}
BEFORE TRUNCATE ON ${table}
FOR EACH STATEMENT
EXECUTE FUNCTION ${name}()`,
    ],
    drop: [`DROP TRIGGER IF EXISTS ${name} ON ${table}`, `DROP FUNCTION IF EXISTS ${name}()`],
  }
}

/** TRUNCATE empties a table without asking any row: no permit covers that. SQLite has no such statement. */
export const truncateGuards: readonly SchemaObject[] = guards
  .filter(({ event }) => event === 'delete')
  .map(({ table }) => truncateGuard(table))
