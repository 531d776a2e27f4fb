import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it, onTestFinished } from 'vitest'

const program = fileURLToPath(new URL('one-key.mjs', import.meta.url))

it('four processes that run the same twenty keys on one file execute each once, and all read the same answers', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-keys-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const log = join(folder, 'executions.log')

  const outputs = await Promise.all(
    Array.from({ length: 4 }, () =>
      promisify(execFile)(process.execPath, [program, join(folder, 'store.db'), log, '20'], { timeout: 20_000 }),
    ),
  )

  const executions = readFileSync(log, 'utf8').trim().split('\n')
  expect(executions.sort()).toEqual(Array.from({ length: 20 }, (_, at) => `key-${at}`).sort())
  expect(new Set(outputs.map(({ stdout }) => stdout)).size).toBe(1)
})
