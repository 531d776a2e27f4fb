import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { installationHash } from '../workspace/install.mjs'
import { publishablePackages, workspacePackages } from '../workspace/packages.mjs'
import { pinnedPnpmVersion } from '../workspace/pnpm.mjs'
import { requireNode } from '../workspace/prepare.mjs'
import { ROOT } from '../workspace/root.mjs'

describe('a fresh clone', () => {
  it('is refused by name on a Node that is too old', () => {
    expect(() => requireNode('20.18.3')).toThrow('Holdfast needs Node 20.19 or newer; this is Node 20.18.3')
    expect(() => requireNode('18.20.0')).toThrow('needs Node 20.19')
    for (const version of ['20.19.0', '22.0.0', '24.1.0']) expect(() => requireNode(version)).not.toThrow()
  })

  it('gets exactly the pnpm that the manifest pins', () => {
    expect(pinnedPnpmVersion()).toMatch(/^\d+\.\d+\.\d+$/)
    expect(() => pinnedPnpmVersion({})).toThrow('must pin its package manager')
  })

  it("runs npm scripts under the reader's own Node", () => {
    // A dependency of the root that brings a `node` command would shadow it: npm puts this folder first on PATH.
    expect(existsSync(join(ROOT, 'node_modules/.bin/node'))).toBe(false)
  })
})

describe('the workspace', () => {
  it('publishes packages and apps, not examples and tests', () => {
    const names = publishablePackages().map((entry) => entry.name)

    expect(names).toEqual(expect.arrayContaining(['@holdfast/schema', '@holdfast/store', '@holdfast/cli']))
    expect(names.length).toBeLessThan(workspacePackages().length)
    expect(names).not.toContain('@holdfast/example-ingest')
  })
})

describe('an installation', () => {
  let root
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'holdfast-install-'))
    await mkdir(join(root, 'packages/a'), { recursive: true })
    for (const file of ['package.json', 'packages/a/package.json']) await writeFile(join(root, file), '{"name":"a"}')
    for (const file of ['pnpm-lock.yaml', 'pnpm-workspace.yaml']) await writeFile(join(root, file), 'a: 1')
  })
  afterEach(() => rm(root, { recursive: true, force: true }))

  it.each(['package.json', 'packages/a/package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml'])(
    'is stale when %s changed',
    async (file) => {
      const before = installationHash(root)
      expect(installationHash(root)).toBe(before)

      await writeFile(join(root, file), '{"name":"b"}')

      expect(installationHash(root)).not.toBe(before)
    },
  )
})
