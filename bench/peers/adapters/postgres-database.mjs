/** As the bench starts its server. */
export const DURABLE = 'PostgreSQL, fsync=on, synchronous_commit=on'

/** Asks one question over a connection of its own. */
export const askPostgres = async (url, question) => {
  const { default: pg } = await import('pg')
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(question)).rows[0]
  } finally {
    await client.end()
  }
}

export const databaseSizeBytes = async (url) =>
  Number((await askPostgres(url, 'select pg_database_size(current_database()) as bytes')).bytes)
