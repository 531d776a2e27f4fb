import { describe, expect, it } from 'vitest'
import { redactUrl, resolveSettings } from '../src/index.js'

describe('the settings of a process', () => {
  it('have defaults below the folder where it runs', () => {
    expect(resolveSettings({}, '/work')).toEqual({
      dataDir: '/work/.holdfast',
      databasePath: '/work/.holdfast/holdfast.db',
      isDatabaseNamed: false,
      configPath: '/work/holdfast.config.ts',
      isConfigNamed: false,
      durability: undefined,
      concurrency: undefined,
      logLevel: 'info',
    })
  })

  it('come from the environment', () => {
    const env = {
      HOLDFAST_DATA_DIR: 'data',
      HOLDFAST_CONFIG: '../my.config.js',
      HOLDFAST_DURABILITY: 'process',
      HOLDFAST_CONCURRENCY: '32',
      HOLDFAST_LOG_LEVEL: 'debug',
    }

    expect(resolveSettings(env, '/work/app')).toEqual({
      dataDir: '/work/app/data',
      databasePath: '/work/app/data/holdfast.db',
      isDatabaseNamed: false,
      configPath: '/work/my.config.js',
      isConfigNamed: true,
      durability: 'process',
      concurrency: 32,
      logLevel: 'debug',
    })
  })

  it('take an empty variable for an unset one', () => {
    expect(resolveSettings({ HOLDFAST_CONFIG: '', HOLDFAST_CONCURRENCY: '' }, '/work')).toEqual(
      resolveSettings({}, '/work'),
    )
  })

  it.each([
    ['file:./x.db', '/work/x.db'],
    ['file:/var/x.db', '/var/x.db'],
    ['file:///var/a%20b.db', '/var/a b.db'],
    ['x.db', '/work/x.db'],
    ['/var/x.db', '/var/x.db'],
  ])('find the database of %s at %s', (url, path) => {
    expect(resolveSettings({ HOLDFAST_DATABASE_URL: url }, '/work')).toMatchObject({
      databasePath: path,
      isDatabaseNamed: true,
    })
  })

  it.each(['postgres://ada:secret@db/holdfast', 'postgresql://ada:secret@db/holdfast', 'libsql://ada:secret@db'])(
    'refuse %s: SQLite only, and never a password in the message',
    (url) => {
      expect(() => resolveSettings({ HOLDFAST_DATABASE_URL: url }, '/work')).toThrow(
        expect.objectContaining({ code: 'store.unsupported', message: expect.stringContaining('SQLite only') }),
      )
      expect(() => resolveSettings({ HOLDFAST_DATABASE_URL: url }, '/work')).not.toThrow(/secret/)
    },
  )

  it.each([
    ['HOLDFAST_DURABILITY', 'FULL'],
    ['HOLDFAST_CONCURRENCY', '0'],
    ['HOLDFAST_CONCURRENCY', 'many'],
    ['HOLDFAST_CONCURRENCY', '1.5'],
    ['HOLDFAST_CONCURRENCY', '10001'],
    ['HOLDFAST_LOG_LEVEL', 'loud'],
    ['HOLDFAST_DATABASE_URL', 'file://elsewhere/x.db'],
  ])('refuse %s=%s instead of a silent default', (name, value) => {
    expect(() => resolveSettings({ [name]: value }, '/work')).toThrow(
      expect.objectContaining({ code: 'config.invalid', details: { name }, message: expect.stringContaining(value) }),
    )
  })
})

describe('a database URL that is shown', () => {
  it('has no user and no password', () => {
    expect(redactUrl('postgres://ada:secret@db:5432/holdfast?sslmode=require')).toBe(
      'postgres://***@db:5432/holdfast?sslmode=require',
    )
    expect(redactUrl('file:./x.db')).toBe('file:./x.db')
  })
})
