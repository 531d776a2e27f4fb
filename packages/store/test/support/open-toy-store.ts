import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Store } from '@holdfast/store'
import { openStore, type OpenStoreOptions } from '@holdfast/store/sqlite'
import { onTestFinished } from 'vitest'
import { sqlite as toys, TOY_MIGRATIONS } from './toy-module.mjs'

/** A path for a database in a folder of its own, which goes with the test. */
export const toyPath = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 'toys.db')
}

/** A store of toys on a real file, closed after the test. */
export const openToyStore = async (options: Partial<OpenStoreOptions> = {}): Promise<Store> => {
  const path = options.path ?? toyPath()
  const store = await openStore({ modules: [toys], scopes: { toys: TOY_MIGRATIONS }, ...options, path })
  onTestFinished(() => store.close())
  return store
}
