import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { mutated } from '../support/mutate.mjs'

/** A program that says what it imports, and what a thread of it imports. */
const program = () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-mutate-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'said.mjs')
  writeFileSync(file, `export const said = 'the truth'\nexport const twice = ['x', 'x']\n`)
  const thread = join(folder, 'thread.mjs')
  writeFileSync(
    thread,
    `import { parentPort } from 'node:worker_threads'\nimport { said } from './said.mjs'\nparentPort.postMessage(said)`,
  )
  const main = join(folder, 'main.mjs')
  writeFileSync(
    main,
    `import { Worker } from 'node:worker_threads'
     import { said } from './said.mjs'
     new Worker(new URL('${pathToFileURL(thread)}')).on('message', (inThread) => console.log(said, '|', inThread))`,
  )
  const run = (nodeArgs, env = {}) =>
    execFileSync(process.execPath, [...nodeArgs, main], {
      encoding: 'utf8',
      env: { PATH: process.env.PATH, ...env },
      stdio: 'pipe',
    }).trim()
  return { file, run }
}

const LIE = { replace: `'the truth'`, by: `'a lie costs $& 5'` }

describe('a product made wrong on purpose', () => {
  it('is what it was, without the flags', () => {
    const { run } = program()

    expect(run([])).toBe('the truth | the truth')
  })

  it('is wrong in the program and in its threads, by flags of the program', () => {
    const { file, run } = program()

    expect(run(mutated({ file, ...LIE }).nodeArgs)).toBe('a lie costs $& 5 | a lie costs $& 5')
  })

  it('is wrong in all that a program starts, by its environment', () => {
    const { file, run } = program()

    expect(run([], mutated({ file, ...LIE }).env)).toBe('a lie costs $& 5 | a lie costs $& 5')
  })

  it('is wrong in several places at once', () => {
    const { file, run } = program()
    const flags = mutated({ file, ...LIE }, { file, replace: `['x', 'x']`, by: `['y']` })

    expect(run(flags.nodeArgs)).toBe('a lie costs $& 5 | a lie costs $& 5')
  })

  it('is refused where the text is not there, or there twice', () => {
    const { file } = program()

    expect(() => mutated({ file, replace: 'something else', by: '' })).toThrow('0 times, not once')
    expect(() => mutated({ file, replace: `'x'`, by: '' })).toThrow('2 times, not once')
    expect(() => mutated({ file: 'packages/store/dist/gone.js', replace: 'x', by: '' })).toThrow('build first')
  })

  it('ends the process that finds the text gone', () => {
    const { file, run } = program()
    const { nodeArgs } = mutated({ file, ...LIE })
    writeFileSync(file, `export const said = 'rewritten'`)

    expect(() => run(nodeArgs)).toThrow('0 times, not once')
  })
})
