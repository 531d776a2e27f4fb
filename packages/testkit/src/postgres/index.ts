export { type PostgresServer, startPostgres } from './start-postgres.js'
