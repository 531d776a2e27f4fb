import { existsSync } from 'node:fs'
import pg from 'pg'
import { describe, expect, it } from 'vitest'
import { startPostgres } from '../src/postgres/index.js'

const ask = async (url: string, question: string): Promise<unknown> => {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(question)).rows[0]
  } finally {
    await client.end()
  }
}

describe('a PostgreSQL for tests', () => {
  it('is real, has databases that do not see each other, and leaves nothing behind', async () => {
    const server = await startPostgres()
    let folder = ''
    try {
      const [one, other] = [await server.createDatabase(), await server.createDatabase()]
      await ask(one, 'create table here (x int)')

      expect(await ask(one, `select to_regclass('here') is not null as there`)).toEqual({ there: true })
      expect(await ask(other, `select to_regclass('here') is not null as there`)).toEqual({ there: false })
      const settings = await ask(server.url, `select current_setting('data_directory') as folder`)
      folder = (settings as { folder: string }).folder
      expect(existsSync(folder)).toBe(true)
      expect(await ask(server.url, 'show server_version')).toMatchObject({
        server_version: expect.stringMatching(/^1\d/),
      })
    } finally {
      await server.stop()
      await server.stop()
    }

    await expect(ask(server.url, 'select 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    expect(existsSync(folder)).toBe(false)
  })

  it('runs with the settings that were asked for instead of its own', async () => {
    const server = await startPostgres({ fsync: 'on' })
    try {
      expect(await ask(server.url, 'show fsync')).toEqual({ fsync: 'on' })
      expect(await ask(server.url, 'show full_page_writes')).toEqual({ full_page_writes: 'off' })
    } finally {
      await server.stop()
    }
  })
})
