import type { Db } from './db.js'

/** Every object of a database under `kind name`, with its definition as the database itself tells it. */
export type Catalog = Record<string, string>

const SQLITE = `select type || ' ' || name as name, sql as definition from sqlite_master where sql is not null`

const TABLES = `'public'::regnamespace`

const POSTGRES = `
select 'table ' || relname as name, relkind::text as definition
from pg_class where relnamespace = ${TABLES} and relkind in ('r', 'p')
union all
select 'column ' || relname || '.' || attname,
  concat_ws(' ', attnum, format_type(atttypid, atttypmod), attnotnull, attidentity, attgenerated, pg_get_expr(adbin, adrelid))
from pg_attribute
join pg_class on pg_class.oid = attrelid and relnamespace = ${TABLES} and relkind = 'r'
left join pg_attrdef on adrelid = attrelid and adnum = attnum
where attnum > 0 and not attisdropped
union all
select 'index ' || indexname, indexdef from pg_indexes where schemaname = 'public'
union all
select 'constraint ' || conname, conrelid::regclass || ' ' || pg_get_constraintdef(oid)
from pg_constraint where connamespace = ${TABLES}
union all
select 'trigger ' || tgname, pg_get_triggerdef(oid) || ' ' || tgenabled::text from pg_trigger where not tgisinternal
union all
select 'function ' || proname, pg_get_functiondef(oid) from pg_proc where pronamespace = ${TABLES}`

/** Quotes and blanks differ between a table that was made and one that was rebuilt; what they mean doesn't. */
const normalised = (definition: string): string =>
  definition.replaceAll(/[`"]/g, '').replaceAll(/\s+/g, ' ').replaceAll(/;$/g, '').trim()

export const catalogOf = async (db: Db): Promise<Catalog> => {
  const rows = await db.all(db.engine === 'sqlite' ? SQLITE : POSTGRES)
  return Object.fromEntries(rows.map(({ name, definition }) => [String(name), normalised(String(definition))]))
}

/** Names of one kind of object, in alphabetical order. */
export const namesOf = (catalog: Catalog, kind: string): string[] =>
  Object.keys(catalog)
    .filter((name) => name.startsWith(`${kind} `))
    .map((name) => name.slice(kind.length + 1))
    .sort()
