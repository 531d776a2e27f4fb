import pg from 'pg'
import { afterAll, beforeAll } from 'vitest'
// @boundaries-ignore by path: the testkit depends on this package, and packages form no cycle.
import { type PostgresServer, startPostgres } from '../../../testkit/src/postgres/index.js'
import { type Db, type Fresh, Refused, type Row, type SqlValue } from './db.js'
import { migrationStatements } from './migration.js'

const INT8 = 20
const INT8_AS_NUMBER = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') =>
    oid === INT8 ? Number : pg.types.getTypeParser(oid, format as 'text'),
}

const reasonOf = (error: unknown): string => {
  const { message, code, constraint } = error as { message: string; code?: string; constraint?: string }
  switch (code) {
    case 'HF001':
      return message
    case '23514':
      return `check ${constraint}`
    case '23505':
      return 'unique'
    case '23503':
      return 'foreign key'
    case '23502':
      return 'not null'
    case '22P02':
      return message.includes('json') ? 'not json' : 'type'
    default:
      return `${code}: ${message}`
  }
}

/** One session of a database, as a test's plain-SQL writer. */
export const plainWriter = (client: pg.Client): Db => {
  const all = async (sql: string, params: readonly SqlValue[] = []): Promise<Row[]> => {
    let at = 0
    try {
      return (
        await client.query<Row>(
          sql.replaceAll('?', () => `$${++at}`),
          [...params],
        )
      ).rows
    } catch (cause) {
      throw new Refused(reasonOf(cause), cause)
    }
  }
  return { engine: 'postgres', all, exec: async (sql, params) => void (await all(sql, params)) }
}

/** A server for the test file, with one migrated database that is emptied for each test. */
export const postgresDatabase = (): { fresh: Fresh; connect(): Promise<pg.Client>; empty(): Promise<pg.Client> } => {
  let server: PostgresServer
  let url: string
  let db: Db
  const clients: pg.Client[] = []

  const connectTo = async (to: string): Promise<pg.Client> => {
    const client = new pg.Client({ connectionString: to, types: INT8_AS_NUMBER })
    client.on('error', () => {
      // The server ends these sessions when it stops; each query has its own answer.
    })
    await client.connect()
    clients.push(client)
    return client
  }

  beforeAll(async () => {
    server = await startPostgres()
    url = await server.createDatabase()
    const client = await connectTo(url)
    for (const statement of migrationStatements('postgres')) await client.query(statement)
    db = plainWriter(client)
  })
  afterAll(async () => {
    await Promise.all(clients.map((client) => client.end()))
    await server?.stop()
  })

  return {
    // As a replica applies it, without triggers: TRUNCATE is refused to everybody else.
    fresh: async () => {
      const tables = await db.all(`select tablename from pg_tables where schemaname = 'public'`)
      await db.exec(`set session_replication_role = replica`)
      await db.exec(`truncate ${tables.map(({ tablename }) => tablename).join(', ')} restart identity cascade`)
      await db.exec(`set session_replication_role = origin`)
      return db
    },
    connect: () => connectTo(url),
    empty: async () => connectTo(await server.createDatabase()),
  }
}
