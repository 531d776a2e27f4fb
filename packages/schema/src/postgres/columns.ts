import { type SQL, sql } from 'drizzle-orm'
import { type AnyPgColumn, bigint, customType } from 'drizzle-orm/pg-core'

/** Times, counters and row numbers: 64 bits there, a number up to 2^53 here. */
export const int8 = (name: string) => bigint(name, { mode: 'number' })

/** The number that orders rows and links tables. */
export const identity = () => int8('seq').primaryKey().generatedByDefaultAsIdentity()

/** A text prepared for full-text search. */
export const tsvector = customType<{ data: string }>({ dataType: () => 'tsvector' })

/** True for a text that is JSON; anything else is an error of the cast (22P02), which refuses the row as well. */
export const isJson = (payload: AnyPgColumn): SQL => sql`(${payload})::json is not null`

/** JSON where the encoding says JSON. CASE, because OR promises no order and the cast of anything else is an error. */
export const isJsonWhereSaid = (encoding: AnyPgColumn, payload: AnyPgColumn): SQL =>
  sql`case when ${encoding} = 'json' then ${isJson(payload)} else true end`
