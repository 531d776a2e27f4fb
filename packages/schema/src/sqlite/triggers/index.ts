import { guards } from '../../triggers/guards.js'
import type { SchemaObject } from '../../triggers/schema-object.js'
import { fullTextIndex, fullTextTriggers } from './full-text.js'
import { guardTrigger } from './guard.js'
import { journalTriggers } from './journal.js'
import { settleTrigger } from './settle.js'
import { takeCheckpointsTriggers } from './take-checkpoints.js'

/** Every trigger of a SQLite store. */
export const sqliteTriggers: readonly SchemaObject[] = [
  ...guards.map(guardTrigger),
  ...journalTriggers,
  settleTrigger,
  ...takeCheckpointsTriggers,
  ...fullTextTriggers,
]

/** All that a SQLite store needs beside its tables, in the order in which it can be made. */
export const sqliteObjects: readonly SchemaObject[] = [fullTextIndex, ...sqliteTriggers]
