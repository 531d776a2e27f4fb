import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { snippetFolder, startSnippet } from './run-snippet.js'
import { snippets } from './snippets.js'

const all = snippets()
const [first] = all

let folder = snippetFolder()
beforeEach(() => {
  folder.remove()
  folder = snippetFolder()
})
afterEach(() => folder.remove())

describe('the programs that the READMEs show', () => {
  it('are there to be run', () => {
    expect(first?.place).toMatch(/^README\.md:/)
    expect(all.filter(({ notRun }) => notRun === undefined).length).toBeGreaterThanOrEqual(4)
  })

  it.each(all.filter(({ notRun }) => notRun === undefined))('run as they stand: $place', async (snippet) => {
    let { code, output } = await startSnippet(snippet, folder.path).ended
    // A program that kills itself in the middle is there to be run a second time.
    if (code === null && snippet.code.includes("'SIGKILL'"))
      ({ code, output } = await startSnippet(snippet, folder.path).ended)

    expect({ code, output }).toMatchObject({ code: 0 })
  })
})

describe('the first program of the README', () => {
  it('goes on where it was killed, under the same id', async () => {
    if (!first) throw new Error('the README shows no program')
    const killed = startSnippet(first, folder.path)
    for (let i = 0; i < 200 && !existsSync(join(folder.path, 'app.db')); i++) await sleep(25)
    await sleep(150)
    killed.child.kill('SIGKILL')
    await killed.ended

    const { code, output } = await startSnippet(first, folder.path).ended

    expect({ code, output: output.trim() }).toEqual({ code: 0, output: '{ pages: 20 }' })
  })
})
