import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { chmod, chown, mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import pg from 'pg'
import { type RunAs, unprivileged, usableBinaries } from './binaries.js'

/** A real PostgreSQL of this process alone. Stop it, or it goes with the process. */
export interface PostgresServer {
  /** Its first database. */
  readonly url: string
  /** Makes one more, empty database and returns its URL: cheaper than one more server. */
  createDatabase(): Promise<string>
  /** Ends every session, waits for the server to be gone and removes its folder. Safe to call twice. */
  stop(): Promise<void>
}

/** Values of PostgreSQL's own settings, by their names. */
type ServerSettings = Readonly<Record<string, string>>

const USER = 'holdfast'
/** Another process may take a port between our look and the server's own: then the next one is tried. */
const PORTS_TRIED = 5
const STOP_MS = 10_000

/** Tests lose nothing to a power cut, so nothing is synced. */
const SETTINGS = {
  listen_addresses: '127.0.0.1',
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  max_connections: '100',
  shared_buffers: '32MB',
  lc_messages: 'C',
}

const run = promisify(execFile)

const freePort = async (): Promise<number> => {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a numbered port')
  return address.port
}

/** Resolves when the server says that it takes connections; rejects with its log when it ends before that. */
const untilReady = (server: ChildProcess): Promise<void> =>
  new Promise((resolve, reject) => {
    const log: string[] = []
    if (server.stderr === null) throw new Error('the log of the server is read from its stderr')
    const lines = createInterface({ input: server.stderr })
    lines.on('line', (line) => {
      if (line.includes('ready to accept connections')) resolve()
      if (log.length < 50) log.push(line)
    })
    server.once('error', reject)
    server.once('exit', (code) => reject(new Error(`PostgreSQL ended with ${code}:\n${log.join('\n')}`)))
  })

const launch = async (
  binaries: string,
  folder: string,
  runAs: RunAs | undefined,
  asked: ServerSettings,
): Promise<[ChildProcess, number]> => {
  const failures: unknown[] = []
  for (let tried = 0; tried < PORTS_TRIED; tried++) {
    const port = await freePort()
    const settings = Object.entries({ ...SETTINGS, ...asked, port, unix_socket_directories: folder })
    const server = spawn(
      join(binaries, 'bin', 'postgres'),
      ['-D', join(folder, 'data'), ...settings.flatMap(([name, value]) => ['-c', `${name}=${value}`])],
      { ...runAs, cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] },
    )
    try {
      await untilReady(server)
      return [server, port]
    } catch (cause) {
      failures.push(cause)
    }
  }
  throw new AggregateError(failures, `PostgreSQL did not start on ${PORTS_TRIED} ports`)
}

/** Fast shutdown: sessions are ended, and nothing is waited for. */
const shutDown = async (server: ChildProcess): Promise<void> => {
  if (server.exitCode !== null || server.signalCode !== null) return
  const gone = once(server, 'exit')
  server.kill('SIGINT')
  const patience = setTimeout(() => server.kill('SIGKILL'), STOP_MS)
  await gone
  clearTimeout(patience)
}

const execute = async (url: string, statement: string): Promise<void> => {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {
    // Without a listener, a server that stops would take this process along; the query itself has its own answer.
  })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}

/**
 * Starts a real PostgreSQL in a folder of its own, on a free port of the loopback interface. As root it runs as nobody.
 *
 * @param settings Instead of those for tests: a benchmark asks for `fsync: 'on'`.
 * @throws {AggregateError} with the server's own log, when it doesn't start.
 * @example
 * const server = await startPostgres()
 * afterAll(() => server.stop())
 */
export const startPostgres = async (settings: ServerSettings = {}): Promise<PostgresServer> => {
  const runAs = unprivileged()
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-postgres-'))
  const remove = () => rm(folder, { recursive: true, force: true })
  try {
    await chmod(folder, 0o755)
    if (runAs) await chown(folder, runAs.uid, runAs.gid)
    const binaries = await usableBinaries(folder, runAs)
    await run(
      join(binaries, 'bin', 'initdb'),
      ['-D', join(folder, 'data'), '-U', USER, '--auth=trust', '--encoding=UTF8', '--locale=C', '--no-sync'],
      { ...runAs, cwd: folder },
    )
    const [server, port] = await launch(binaries, folder, runAs, settings)
    const killWithUs = () => server.kill('SIGKILL')
    process.once('exit', killWithUs)

    const urlOf = (database: string): string => `postgres://${USER}@127.0.0.1:${port}/${database}`
    return {
      url: urlOf('postgres'),
      async createDatabase() {
        const name = `test_${randomUUID().replaceAll('-', '')}`
        await execute(urlOf('postgres'), `create database ${name}`)
        return urlOf(name)
      },
      async stop() {
        await shutDown(server)
        process.off('exit', killWithUs)
        await remove()
      },
    }
  } catch (cause) {
    await remove()
    throw cause
  }
}
