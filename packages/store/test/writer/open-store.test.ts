import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { openStore, type SqliteModule } from '@holdfast/store/sqlite'
import { describe, expect, it } from 'vitest'
import { leaveLikeKilled } from '../support/leave-like-killed.js'
import { openToyStore, toyPath } from '../support/open-toy-store.js'
import { startToyProcess } from '../support/start-toy-process.js'
import { count, put, sqlite as toys, TOY_MIGRATIONS } from '../support/toy-module.mjs'

const scopes = { toys: TOY_MIGRATIONS }

describe('two stores on one path in one process', () => {
  it('exclude each other as two processes do, and see each other’s commits', async () => {
    const path = toyPath()
    const [a, b] = await Promise.all([openToyStore({ path }), openToyStore({ path, writer: 'inline' })])

    await Promise.all(
      [a, b].map((store, s) =>
        store.submitAll(
          put,
          Array.from({ length: 200 }, (_, i) => ({ id: `${s}-${i}`, value: 'v' })),
        ),
      ),
    )

    expect(await a.submit(count, {})).toEqual({ count: 400 })
    expect(await b.submit(count, {})).toEqual({ count: 400 })
    expect(a.info().processId).not.toBe(b.info().processId)
  })
})

describe('opening', () => {
  const refusals: readonly [string, SqliteModule][] = [
    ['a module whose address leads nowhere', { ...toys, url: new URL('./nowhere.mjs', import.meta.url).href }],
    ['a module whose address leads to something else', { ...toys, url: import.meta.resolve?.('vitest') ?? 'node:fs' }],
    ['a module that lacks a binding of its thread’s twin', { ...toys, bindings: toys.bindings.slice(1) }],
    [
      'a module with a binding that its thread’s twin lacks',
      {
        ...toys,
        bindings: [
          ...toys.bindings,
          { op: { name: 'toys.extra', kind: 'write' }, atomic: true, prepare: () => () => ({ ok: true, value: null }) },
        ],
      },
    ],
  ]

  it.each(refusals)('refuses %s, at open, and leaves nothing behind', async (_, module) => {
    const path = toyPath()

    await expect(openStore({ path, modules: [module], scopes })).rejects.toMatchObject({
      code: 'store.operation_unknown',
    })

    expect(readdirSync(`${path}-processes`)).toEqual([])
    const store = await openToyStore({ path })
    expect(await store.submit(put, { id: 'a', value: 'v' })).toEqual({ id: 'a' })
  })

  it('names what keeps it from writing: a folder in place of the index of the WAL', async () => {
    const path = toyPath()
    await leaveLikeKilled(path)
    rmSync(`${path}-shm`)
    mkdirSync(`${path}-shm`)

    await expect(openStore({ path })).rejects.toMatchObject({ code: 'store.read_only' })
  })

  it('refuses two modules that bind one operation', async () => {
    await expect(openStore({ path: ':memory:', modules: [toys, toys] })).rejects.toMatchObject({
      code: 'store.operation_twice',
    })
  })

  it.each([[{}], [{ path: 'a.db', url: 'file:a.db' }]])('refuses %j for a name', async (name) => {
    await expect(openStore({ ...name, modules: [] })).rejects.toMatchObject({ code: 'input.invalid' })
  })

  it('reads back the settings in force', async () => {
    const path = toyPath()
    const store = await openToyStore({ path })

    expect(store.info()).toMatchObject({
      engine: 'sqlite',
      durability: 'power',
      settings: { journal_mode: 'wal', synchronous: 2, foreign_keys: 1, recursive_triggers: 1, wal_autocheckpoint: 0 },
    })
  })
})

describe('a process', () => {
  it.each(['close', 'idle'])('ends by itself when it has nothing more to do: %s', async (command) => {
    const child = startToyProcess(toyPath(), command)

    expect(await child.ended).toBe(0)
  })
})
