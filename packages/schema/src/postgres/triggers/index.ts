import { guards } from '../../triggers/guards.js'
import type { SchemaObject } from '../../triggers/schema-object.js'
import { clock } from './clock.js'
import { guardTrigger } from './guard.js'
import { journalTriggers } from './journal.js'
import { settleTrigger } from './settle.js'
import { takeCheckpointsTriggers } from './take-checkpoints.js'
import { truncateGuards } from './truncate.js'

/** Every trigger of a PostgreSQL store. */
export const postgresTriggers: readonly SchemaObject[] = [
  ...guards.map(guardTrigger),
  ...journalTriggers,
  settleTrigger,
  ...takeCheckpointsTriggers,
  ...truncateGuards,
]

/** All that a PostgreSQL store needs beside its tables, in the order in which it can be made. */
export const postgresObjects: readonly SchemaObject[] = [clock, ...postgresTriggers]
