import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

const DRIZZLE = join(import.meta.dirname, '../../../../drizzle')

/** The statements of every migration of one engine, in order. */
export const migrationStatements = (engine: 'sqlite' | 'postgres'): string[] =>
  readdirSync(join(DRIZZLE, engine))
    .filter((name) => name.endsWith('.sql'))
    .sort()
    .flatMap((name) => readFileSync(join(DRIZZLE, engine, name), 'utf8').split('--> statement-breakpoint'))
