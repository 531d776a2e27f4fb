import type { SchemaObject } from '../../triggers/schema-object.js'

/**
 * The one clock of all processes on a database: when the statement arrived, in UTC milliseconds. STABLE, so that it
 * can bound an index. A test sets it with `set holdfast.now_ms = '1000'`.
 */
export const clock: SchemaObject = {
  name: 'holdfast_now_ms',
  table: 'work_items',
  create: [
    `CREATE FUNCTION holdfast_now_ms() RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT coalesce(
    nullif(current_setting('holdfast.now_ms', true), '')::bigint,
    floor(extract(epoch FROM statement_timestamp()) * 1000)::bigint
  )
$$`,
  ],
  drop: ['DROP FUNCTION IF EXISTS holdfast_now_ms()'],
}
