// Every row, one after the other; options are handed on to each.
//   npm run bench -- all [--quick] [--full] [--seconds 30] [--runs 3] [--json all.json]
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { ROWS } from './support/rows.mjs'

const { values, tokens } = parseArgs({
  options: {
    quick: { type: 'boolean' },
    full: { type: 'boolean' },
    seconds: { type: 'string' },
    runs: { type: 'string' },
    json: { type: 'string' },
  },
  tokens: true,
})
const handedOn = tokens
  .filter(({ name }) => name !== 'json')
  .flatMap(({ name, value }) => [`--${name}`, value ?? []].flat())
const folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-all-'))
const failed = []
const results = []
try {
  for (const name of ROWS) {
    const file = join(folder, `${name}.json`)
    // With one file for all, each row's own goes to the temp folder first.
    const code = await run(name, [...handedOn, ...(values.json ? ['--json', file] : [])])
    if (code !== 0) failed.push(name)
    else if (values.json) results.push(JSON.parse(readFileSync(file, 'utf8')))
  }
  if (values.json) writeFileSync(values.json, `${JSON.stringify(results, null, 2)}\n`)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
if (failed.length > 0) {
  console.error(`failed: ${failed.join(', ')}`)
  process.exitCode = 1
}

async function run(name, args) {
  const child = spawn(process.execPath, [join(import.meta.dirname, `${name}.mjs`), ...args], { stdio: 'inherit' })
  const [code] = await once(child, 'exit')
  return code
}
