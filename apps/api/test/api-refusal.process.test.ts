import { existsSync } from 'node:fs'
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ApiChild, dataFolder } from './fixtures/api-child.js'

describe('an API process that cannot start', () => {
  const ending = async (dataDir: string, env: NodeJS.ProcessEnv) => {
    const api = new ApiChild(dataDir, env)
    const code = await api.exitCode()
    return { code, message: String(api.log.at(-1)?.msg), api }
  }

  it('says which port is taken and how to choose another, and exits with 98', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    onTestFinished(() => void other.close())
    await new Promise((resolve) => other.once('listening', resolve))
    const { port } = other.address() as AddressInfo
    const dataDir = await dataFolder()

    const { code, message } = await ending(dataDir, { HOLDFAST_PORT: String(port) })

    expect(code).toBe(98)
    expect(message).toContain(String(port))
    expect(message).toContain('HOLDFAST_PORT')
    expect(existsSync(join(dataDir, 'api.json'))).toBe(false)
  })

  it.each([
    ['a port that is none', { HOLDFAST_PORT: 'x' }, 'HOLDFAST_PORT'],
    ['an open host without a token', { HOLDFAST_HOST: '0.0.0.0' }, 'HOLDFAST_TOKEN'],
    ['a token that is too short', { HOLDFAST_TOKEN: 'short' }, 'token'],
    ['a config file that is not there', { HOLDFAST_CONFIG: './nothing.ts' }, 'nothing.ts'],
    ['a log level that is none', { HOLDFAST_LOG_LEVEL: 'loud' }, 'HOLDFAST_LOG_LEVEL'],
    ['a driver that is none', { HOLDFAST_SQLITE_DRIVER: 'sqlite4' }, 'libsql, node:sqlite, better-sqlite3'],
    ['a database elsewhere', { HOLDFAST_DATABASE_URL: 'libsql://me:secret@db.example/x' }, 'libsql://***@db.example'],
  ])('exits with 78 on %s', async (_what, env, named) => {
    const { code, message, api } = await ending(await dataFolder(), env)

    expect(code).toBe(78)
    expect(message).toContain(named)
    expect(api.output).not.toContain('secret@')
  })

  it('exits with 78 on a token file that is a symbolic link', async () => {
    const dataDir = await dataFolder()
    await mkdir(dataDir)
    await symlink('/etc/hostname', join(dataDir, 'token'))

    const { code, message } = await ending(dataDir, {})

    expect(code).toBe(78)
    expect(message).toContain('symbolic link')
  })

  it('exits with 78 on a file that is no database, and leaves it as it is', async () => {
    const dataDir = await dataFolder()
    await mkdir(dataDir)
    await writeFile(join(dataDir, 'holdfast.db'), 'my diary, not a database at all')

    const { code } = await ending(dataDir, {})

    expect(code).toBe(78)
    expect(await readFile(join(dataDir, 'holdfast.db'), 'utf8')).toBe('my diary, not a database at all')
  })
})
