import { attacks } from './attacks/index.js'
import { sqliteFiles } from './support/sqlite.js'

// A shell or another language opens the file with recursive_triggers off, where REPLACE asks no DELETE trigger.
attacks(sqliteFiles({ asTheStoreDoes: false }))
