import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect } from 'vitest'

const BENCH = resolve(import.meta.dirname, '..')

/** Runs a row as `npm run bench` does, for no longer than it takes to see that it works, and gives its JSON. */
export const runQuickly = async (name) => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-test-'))
  try {
    const file = join(folder, 'result.json')
    const child = spawn(process.execPath, [join(BENCH, `${name}.mjs`), '--quick', '--json', file], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let errors = ''
    child.stderr.setEncoding('utf8').on('data', (text) => {
      errors += text
    })
    const [code] = await once(child, 'close')
    expect(code, errors).toBe(0)
    return JSON.parse(readFileSync(file, 'utf8'))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Says which figures this machine can't give, so that they count as skipped and not as tested. */
export const skipWhere = (context, result, isMeant) => {
  const found = result.skipped.find(isMeant)
  if (found) context.skip(`${found.what}: ${found.why}`)
}

/** What every row says, whatever it measured. How fast anything was is not looked at. */
export const expectFigures = (result, name) => {
  expect(result).toMatchObject({
    row: name,
    machine: { cpu: expect.any(String), cores: expect.any(Number), node: process.version },
    driver: expect.any(String),
    sqliteVersion: expect.stringMatching(/^3\.\d+/),
  })
  expect(result.figures.length).toBeGreaterThan(0)
  for (const figure of result.figures) {
    expect(figure).toMatchObject({
      what: expect.any(String),
      level: expect.stringMatching(/^(process|power)/),
      storage: expect.any(String),
      value: expect.any(Number),
      unit: expect.any(String),
    })
  }
}
