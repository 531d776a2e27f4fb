import { type SQL, sql } from 'drizzle-orm'
import type { AnySQLiteColumn } from 'drizzle-orm/sqlite-core'

/** True for a text that is JSON; never an error. */
export const isJson = (payload: AnySQLiteColumn): SQL => sql`json_valid(${payload})`

/** JSON where the encoding says JSON; another encoding's bytes are its codec's business. */
export const isJsonWhereSaid = (encoding: AnySQLiteColumn, payload: AnySQLiteColumn): SQL =>
  sql`${encoding} <> 'json' or ${isJson(payload)}`
