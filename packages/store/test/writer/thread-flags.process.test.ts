import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { threadFlags } from '../../src/sqlite/thread-flags.js'
import { tempPath } from '../database/temp-folder.js'

const run = promisify(execFile)

describe('the flags of a thread', () => {
  it('are all of the program, where it was started from a file', () => {
    expect(threadFlags(['--max-old-space-size=300', '--import', './loader.mjs'])).toBeUndefined()
  })

  it('are those that load code, where the program was given as text', () => {
    const flags = [
      '--max-old-space-size=300',
      '--input-type=module',
      '--import',
      './a.mjs',
      '--import=./b.mjs',
      '-C',
      'x',
    ]

    expect(threadFlags([...flags, '-e', 'code'])).toEqual(['--import', './a.mjs', '--import=./b.mjs', '-C', 'x'])
    expect(threadFlags(['--input-type', 'module', '--no-warnings'])).toEqual(['--no-warnings'])
  })
})

describe('a program given as text', () => {
  const program = `
    import { openStore } from '@holdfast/store/sqlite'
    const store = await openStore({ path: process.env.STORE, durability: 'none' })
    await store.tasks.submit({ type: 'mail', input: null })
    console.log((await store.tasks.list()).length, 'task')
    await store.close()`
  // Says on which thread it was loaded.
  const loader = `data:text/javascript,import { threadId } from 'node:worker_threads'; console.log('loaded', threadId > 0)`

  it('opens a store with its threads, which get its loaders as well', async () => {
    const flags = ['--max-old-space-size=512', '--input-type=module', `--import=${loader}`, '-e', program]

    const { stdout } = await run(process.execPath, flags, {
      cwd: new URL('../..', import.meta.url),
      env: { ...process.env, STORE: tempPath() },
    })

    const said = stdout.trim().split('\n')
    expect(said).toContain('1 task')
    expect(said).toContain('loaded false')
    expect(said).toContain('loaded true')
  }, 20_000)
})
