import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AlreadyTerminalError, DriverUnknownError, NotADatabaseError, StoreBusyError } from '@holdfast/store'
import { knownDefects } from '@holdfast/store/sqlite'
import { describe, expect, it, onTestFinished } from 'vitest'
import { exitCodeOf, findDatabase, makeDataDir, openConfiguredStore, Shutdown, startSummary } from '../src/app/index.js'
import { ConfigInvalidError, resolveSettings, TaskRegistry, type LoadedConfig } from '../src/index.js'

const emptyFolder = async () => {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-app-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

describe('the exit code of a program that could not start', () => {
  it.each([
    [new ConfigInvalidError('wrong'), 78],
    [new NotADatabaseError('wrong'), 78],
    [new DriverUnknownError('wrong'), 78],
    [new StoreBusyError('later'), 1],
    [new AlreadyTerminalError('never at start'), 1],
    [new Error('anything'), 1],
    ['anything', 1],
  ])('says whether a new start is of use: %s ends with %i', (error, code) => {
    expect(exitCodeOf(error)).toBe(code)
  })
})

describe('a shutdown', () => {
  it('stops in the opposite order, each once, and goes on after a step that fails', async () => {
    const errors: string[] = []
    const stopped: string[] = []
    const shutdown = new Shutdown({ error: (_, message) => errors.push(message) })
    for (const name of ['store', 'process', 'worker'])
      shutdown.add(name, async () => {
        stopped.push(name)
        if (name === 'process') throw new Error('no')
      })

    await Promise.all([shutdown.run(), shutdown.run()])

    expect(stopped).toEqual(['worker', 'process', 'store'])
    expect(errors).toEqual(['process did not stop cleanly'])
  })
})

describe('the data folder', () => {
  it('is made for its owner alone, whatever the umask; one that is there keeps its permissions', async () => {
    const folder = await emptyFolder()
    const umask = process.umask(0)
    onTestFinished(() => void process.umask(umask))

    await makeDataDir(join(folder, 'deep/data'))
    await makeDataDir(join(folder, 'deep'))

    expect((await stat(join(folder, 'deep/data'))).mode & 0o777).toBe(0o700)
  })
})

describe('the configured store', () => {
  const open = async (env: Readonly<Record<string, string>>, database?: string) => {
    const folder = await emptyFolder()
    const settings = resolveSettings({ HOLDFAST_DURABILITY: 'process', ...env }, folder)
    const config: LoadedConfig = {
      path: join(folder, 'app/holdfast.config.ts'),
      database,
      registry: new TaskRegistry([]),
      queues: undefined,
      concurrency: undefined,
      tenants: undefined,
      retention: undefined,
      modules: [],
    }
    const store = await openConfiguredStore({ settings, config })
    onTestFinished(() => store.close())
    return { folder, store }
  }

  it("is the environment's database", async () => {
    const { folder, store } = await open({ HOLDFAST_DATABASE_URL: 'file:./env.db' }, './config.db')

    expect(store.info()).toMatchObject({ location: join(folder, 'env.db'), durability: 'process' })
  })

  it("is the config's where the environment names none, relative to the config file", async () => {
    const { folder, store } = await open({}, './config.db')

    expect(store.info().location).toBe(join(folder, 'app/config.db'))
  })

  it('is the default where nobody names one', async () => {
    const { folder, store } = await open({})

    expect(store.info().location).toBe(join(folder, '.holdfast/holdfast.db'))
    expect(await startSummary(store, '1.2.3')).toMatchObject({
      version: '1.2.3',
      store: { location: store.info().location, durability: 'process', settings: { journal_mode: 'wal' } },
      processes: [],
    })
  })

  it('is made where the power went while its first page was written, as its journal tells', async () => {
    const folder = await emptyFolder()
    const path = join(folder, 'torn.db')
    await writeFile(path, Buffer.alloc(4096))
    const journal = Buffer.alloc(512)
    Buffer.from('d9d505f920a163d7', 'hex').copy(journal)
    for (const [index, value] of [0, 4711, 0, 512, 4096].entries()) journal.writeUInt32BE(value, 8 + index * 4)
    await writeFile(`${path}-journal`, journal)

    const { store } = await open({ HOLDFAST_DATABASE_URL: `file:${path}` })

    expect(await store.tasks.list({})).toEqual([])
  })

  it('says at start which SQLite runs, and what is known of it', async () => {
    const { store } = await open({})
    const { driver, engineVersion } = store.info()

    const summary = await startSummary(store, '1.2.3')

    expect(summary.store).toMatchObject({
      driver,
      version: engineVersion,
      known: knownDefects(engineVersion).map(({ code }) => code),
    })
  })
})

describe('finding the database', () => {
  const found = async (env: Readonly<Record<string, string>>, config?: string) => {
    const folder = await emptyFolder()
    if (config !== undefined) await writeFile(join(folder, 'holdfast.config.mjs'), config)
    const path = await findDatabase(resolveSettings(env, folder))
    return path.replace(folder, '.')
  }
  const CONFIG = { HOLDFAST_CONFIG: 'holdfast.config.mjs' }

  it('takes the config’s, relative to its file, and loads none of the tasks that the config names', async () => {
    expect(await found(CONFIG, `export default { database: 'deep/config.db', tasks: ['./none.mjs'] }`)).toBe(
      './deep/config.db',
    )
  })

  it('takes the environment’s before it, and then does not even read the config', async () => {
    expect(await found({ ...CONFIG, HOLDFAST_DATABASE_URL: 'file:./env.db' }, 'not JavaScript')).toBe('./env.db')
  })

  it.each([
    ['the config names none', CONFIG, 'export default { tasks: [] }'],
    ['there is no config, and none was named', {}, undefined],
  ])('takes the data folder’s where %s', async (_, env, config) => {
    expect(await found({ ...env, HOLDFAST_DATA_DIR: 'data' }, config)).toBe('./data/holdfast.db')
  })

  it('refuses a config that was named and is not there, or that can not be meant', async () => {
    await expect(found(CONFIG)).rejects.toMatchObject({ code: 'config.not_found' })
    await expect(found(CONFIG, 'export default { database: 5, tasks: [] }')).rejects.toMatchObject({
      code: 'config.invalid',
    })
  })
})
