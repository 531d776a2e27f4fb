import { cp, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { ROOT } from './workspace/root.mjs'

/**
 * Part of the store's build: copies the migrations of both databases into its package, where its migrator reads them.
 *
 * Only the SQL and drizzle's journal are shipped; the snapshots beside them serve drizzle-kit alone.
 */
const DATABASES = ['sqlite', 'postgres']

for (const database of DATABASES) {
  const from = join(ROOT, 'drizzle', database)
  const to = join(ROOT, 'packages/store/migrations', database)
  await rm(to, { recursive: true, force: true })
  await cp(from, to, { recursive: true, filter: (source) => !source.endsWith('_snapshot.json') })
  const copied = (await readdir(to)).filter((file) => file.endsWith('.sql'))
  if (copied.length === 0) throw new Error(`${from} holds no migrations`)
}
