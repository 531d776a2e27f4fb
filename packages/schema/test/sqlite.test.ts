import { attacks } from './attacks/index.js'
import { sqliteFiles } from './support/sqlite.js'

attacks(sqliteFiles({ asTheStoreDoes: true }))
