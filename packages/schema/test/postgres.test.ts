import { attacks } from './attacks/index.js'
import { postgresDatabase } from './support/postgres.js'

attacks(postgresDatabase().fresh)
