import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ablationsOf } from '../limit/ablations.mjs'
import { makeBacklog } from '../support/backlog.mjs'
import { runChild } from '../support/children.mjs'

let folder
let triggers
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-ablations-'))
  const path = join(folder, 'empty.db')
  await makeBacklog(path, { items: 0, durability: 'process' })
  triggers = await runChild('limit/trigger-names.mjs', { path })
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

// A name that is none any more would be taken from nothing, and that part would seem to cost nothing.
describe('the ablations of the C limit', () => {
  it('begin with the whole file and end without any part of it', () => {
    const ablations = ablationsOf(triggers)

    expect(ablations[0]).toEqual({ what: 'everything', without: [] })
    expect(ablations.at(-1).without).toEqual(ablations.slice(1, -1).flatMap(({ without }) => without))
  })

  it('take every trigger of an operation that the plans hold, each once', () => {
    const dropped = ablationsOf(triggers)
      .slice(1, -1)
      .flatMap(({ without }) => without)
      .flatMap((sql) => /^DROP TRIGGER (\w+)$/.exec(sql)?.[1] ?? [])

    // The plans neither touch documents nor delete anything.
    const ofOtherOperations = /^sections_fts_|_take_checkpoints$/
    expect(dropped.sort()).toEqual(triggers.filter((name) => !ofOtherOperations.test(name)).sort())
  })
})
