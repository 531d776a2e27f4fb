import type { SchemaObject } from '../../triggers/schema-object.js'

export interface TriggerParts {
  readonly name: string
  readonly table: string
  /** `BEFORE UPDATE`, `AFTER UPDATE OF state` … */
  readonly fires: string
  /** Over OLD and NEW: decided without calling the function. */
  readonly when?: string
  /** Body of the plpgsql function, without BEGIN and END. */
  readonly body: string
  /** What comes before BEGIN. */
  readonly declare?: string
}

/** A trigger of PostgreSQL is two statements: a function, and the trigger of the same name that calls it. */
export const trigger = ({ name, table, fires, when, body, declare }: TriggerParts): SchemaObject => ({
  name,
  table,
  create: [
    `CREATE FUNCTION ${name}() RETURNS trigger LANGUAGE plpgsql AS $$
${declare === undefined ? '' : `DECLARE\n  ${declare}\n`}BEGIN
${body}
END
$$`,
    `CREATE TRIGGER ${name}
${fires} ON ${table}
FOR EACH ROW${when === undefined ? '' : `\nWHEN (\n  ${when}\n)`}
EXECUTE FUNCTION ${name}()`,
  ],
  drop: [`DROP TRIGGER IF EXISTS ${name} ON ${table}`, `DROP FUNCTION IF EXISTS ${name}()`],
})
