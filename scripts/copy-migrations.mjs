import { copyFile, mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { ROOT } from './workspace/root.mjs'

/**
 * Part of the store's build: copies the migrations of both databases into its package, where its migrator reads them.
 *
 * Only the SQL and drizzle's journal are shipped; what lies beside them serves the making of the next migration.
 */
const DATABASES = ['sqlite', 'postgres']

for (const database of DATABASES) {
  const from = join(ROOT, 'drizzle', database)
  const to = join(ROOT, 'packages/store/migrations', database)
  const shipped = (await readdir(from)).filter((file) => file.endsWith('.sql')).concat('meta/_journal.json')
  if (shipped.length === 1) throw new Error(`${from} holds no migrations`)
  await rm(to, { recursive: true, force: true })
  await mkdir(join(to, 'meta'), { recursive: true })
  for (const file of shipped) await copyFile(join(from, file), join(to, file))
}
