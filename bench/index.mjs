// One command per row: npm run bench -- ingest
import { existsSync } from 'node:fs'
import { join } from 'node:path'

const rows = ['ingest']
const [name, ...args] = process.argv.slice(2)
if (!rows.includes(name) || !existsSync(join(import.meta.dirname, name, 'index.mjs'))) {
  console.error(`usage: npm run bench -- <${rows.join(' | ')}> [options]`)
  process.exit(2)
}
const { run } = await import(`./${name}/index.mjs`)
await run(args)
