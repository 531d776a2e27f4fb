#!/usr/bin/env node
/**
 * Writes and checks the migrations of both databases.
 *
 *   node scripts/migrations.mjs generate <name>   the next migration, where something has changed
 *   node scripts/migrations.mjs --check           exits with 1 and names every drift between schema and migrations
 *
 * `--built <folder>` and `--out <folder>` point at another built schema and another drizzle folder.
 */
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { driftOf } from './drift.mjs'
import { loadEngines } from './engines.mjs'
import { migrationFolder } from './folder.mjs'
import { generate } from './generate.mjs'

const here = import.meta.dirname

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    check: { type: 'boolean', default: false },
    built: { type: 'string', default: join(here, '../dist') },
    out: { type: 'string', default: join(here, '../../../drizzle') },
  },
})

const engines = (await loadEngines(resolve(values.built))).map((engine) => ({
  engine,
  folder: migrationFolder(resolve(values.out, engine.name), engine.dialect),
}))

const writeNext = async (name) => {
  if (!/^[a-z][a-z0-9_]*$/.test(name ?? '')) throw new Error('name the migration: generate add_something')
  for (const { engine, folder } of engines) {
    const tag = await generate(engine, folder, { name, nowMs: Date.now() })
    console.log(tag ? `${engine.name}: wrote ${tag}.sql` : `${engine.name}: nothing has changed`)
  }
}

const check = async () => {
  const drift = (await Promise.all(engines.map(({ engine, folder }) => driftOf(engine, folder)))).flat()
  if (drift.length === 0) {
    for (const { engine, folder } of engines)
      console.log(
        `${engine.name}: ${Object.keys(engine.tables).length} tables, ${engine.objects.length} objects, ` +
          `${folder.sqlFiles().length} migrations, no drift`,
      )
    return
  }
  console.error(drift.join('\n'))
  process.exitCode = 1
}

if (values.check) await check()
else if (positionals[0] === 'generate') await writeNext(positionals[1])
else throw new Error('usage: migrations.mjs generate <name> | --check')
