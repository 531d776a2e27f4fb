import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../workspace/root.mjs'
import { requireTool } from './gate.mjs'

const MIGRATIONS = 'packages/schema/scripts/migrations.mjs'

/** The migrations under drizzle/ make exactly the tables and triggers that the schema declares, on both databases. */
export const schemaDrift = {
  name: 'schema drift',
  async run(env) {
    if (!existsSync(join(ROOT, MIGRATIONS)))
      throw new Error(`${MIGRATIONS} is missing, so nothing checks the migrations`)
    await requireTool(env, 'node', MIGRATIONS, '--check')
  },
}
