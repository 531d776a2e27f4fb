import { sha256, type Repositories, type Store } from '@holdfast/store'
import { openStore, SQLITE_DRIVERS } from '@holdfast/store/sqlite'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { Memory, type SectionInput } from '@holdfast/memory'
import { sqlite } from '@holdfast/memory/sqlite'

const driver = SQLITE_DRIVERS.find((each) => each === process.env.HOLDFAST_SQLITE_DRIVER) ?? 'libsql'

// The two ways to run operations: in place, and through the writer's and the readers' threads.
describe.each([
  ['in memory', 'inline'],
  ['on a file, with threads', 'thread'],
] as const)('a memory %s', (_title, writer) => {
  // Opened once, because a thread takes long to load its modules; each test has a tenant of its own.
  let folder = ''
  let opened: Store
  let tests = 0
  let tenant = ''
  let store: Repositories
  let memory: Memory
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'holdfast-memory-'))
    const path = writer === 'inline' ? ':memory:' : join(folder, 'memory.db')
    opened = await openStore({ path, writer, modules: [sqlite], durability: 'none', driver })
  })
  beforeEach(() => {
    tenant = `tenant-${++tests}`
    store = opened.forTenant(tenant)
    memory = new Memory(opened, { tenant })
  })
  afterAll(async () => {
    await opened.close()
    rmSync(folder, { recursive: true, force: true })
  })

  const found = async (typed: string, options = {}) =>
    (await memory.search(typed, options)).map(({ key }) => key).sort()

  const document = async (...sections: readonly SectionInput[]) => ({
    contentHash: await sha256(JSON.stringify(sections)),
    sections,
  })

  describe('remembers texts', () => {
    it('gives back what it was given, under its namespace and key', async () => {
      await memory.remember('notes', 'a', 'some text', { headingTrail: 'A', metadata: { n: 1 } })

      expect(await memory.get('notes', 'a')).toMatchObject({
        text: 'some text',
        headingTrail: 'A',
        metadata: { n: 1 },
        version: 1,
        documentPath: null,
      })
      expect(await memory.get('other', 'a')).toBeUndefined()
      expect(await memory.get('notes', 'b')).toBeUndefined()
    })

    it('changes a text in place, raises its version, and leaves alone what is alike', async () => {
      expect(await memory.remember('notes', 'a', 'one')).toEqual({ version: 1, changed: true })
      expect(await memory.remember('notes', 'a', 'one')).toEqual({ version: 1, changed: false })
      expect(await memory.remember('notes', 'a', 'two')).toEqual({ version: 2, changed: true })
      expect(await memory.remember('notes', 'a', 'two', { metadata: 1 })).toEqual({ version: 3, changed: true })
    })

    it('refuses to write over a version that the caller has not read', async () => {
      await memory.remember('notes', 'a', 'one', { expectedVersion: 0 })
      const refused = memory.remember('notes', 'a', 'two', { expectedVersion: 0 })

      await expect(refused).rejects.toMatchObject({
        code: 'memory.version_conflict',
        details: { version: 1, expectedVersion: 0 },
      })
      expect((await memory.get('notes', 'a'))?.text).toBe('one')
    })

    it('lets one of many writers of one version win', async () => {
      const writers = Array.from({ length: 20 }, (_, i) =>
        memory.remember('notes', 'a', `text ${i}`, { expectedVersion: 0 }),
      )
      const answers = await Promise.allSettled(writers)

      expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    })

    it('forgets a text, and finds it no more', async () => {
      await memory.remember('notes', 'a', 'unforgettable')

      expect(await memory.forget('notes', 'a')).toEqual({ forgotten: true })
      expect(await memory.forget('notes', 'a')).toEqual({ forgotten: false })
      expect(await memory.get('notes', 'a')).toBeUndefined()
      expect(await found('unforgettable')).toEqual([])
    })

    it('keeps the texts of each tenant to that tenant', async () => {
      const other = new Memory(opened, { tenant: `${tenant}-other` })
      await memory.remember('notes', 'a', 'mine')
      await other.remember('notes', 'a', 'theirs')

      expect((await memory.get('notes', 'a'))?.text).toBe('mine')
      expect(await found('theirs')).toEqual([])
      expect((await other.search('theirs')).map(({ key }) => key)).toEqual(['a'])
      expect(await other.forget('notes', 'b')).toEqual({ forgotten: false })
    })

    it.each([
      ['input.invalid_text', 'a', 'nul \u0000 in it'],
      ['input.invalid_text', 'a', 'half \uD800 of a pair'],
      ['input.invalid_text', 'a\u0000', 'text'],
      ['input.invalid', '', 'text'],
      ['input.too_large', 'k'.repeat(9_000), 'text'],
      ['input.too_large', 'a', 'x'.repeat(1_048_577)],
    ])('refuses with %s what it could not give back', async (code, key, text) => {
      await expect(memory.remember('notes', key, text)).rejects.toMatchObject({ code })
      expect(await memory.listDocuments('notes')).toEqual([])
      expect(await found('text')).toEqual([])
    })
  })

  describe('searches', () => {
    beforeEach(async () => {
      await memory.remember('docs', 'lease', 'A lease is the right to work on an item.', { headingTrail: 'Leases' })
      await memory.remember('docs', 'token', 'The fencing token grows with every lease.')
      await memory.remember('notes', 'café', 'Crème brûlée at the café, and a leash for the dog.')
    })

    it('for all words, in any order, whatever their case and accents', async () => {
      expect(await found('LEASE token')).toEqual(['token'])
      expect(await found('creme BRULEE')).toEqual(['café'])
      expect(await found('lease unicorn')).toEqual([])
    })

    it('for the beginning of the last word, as it is typed', async () => {
      expect(await found('fenc')).toEqual(['token'])
      expect(await found('lea')).toEqual(['café', 'lease', 'token'])
    })

    it('for words that stand together, between double quotes', async () => {
      expect(await found('"fencing token"')).toEqual(['token'])
      expect(await found('"token fencing"')).toEqual([])
    })

    it('best first: a heading says more than a text', async () => {
      const hits = await memory.search('leases')
      expect(hits[0]?.key).toBe('lease')

      const [first, second] = await memory.search('lease')
      expect(first?.score).toBeGreaterThanOrEqual(second?.score ?? 0)
    })

    it('in one namespace or in all, a page at a time', async () => {
      expect(await found('lea', { namespace: 'notes' })).toEqual(['café'])
      const [one] = await memory.search('lea', { limit: 1 })
      const [two] = await memory.search('lea', { limit: 1, offset: 1 })
      expect(one?.key).not.toBe(two?.key)
    })

    it('shows the words that matched between brackets', async () => {
      const [hit] = await memory.search('fencing')

      expect(hit?.snippet).toContain('[fencing]')
    })

    it.each(['', '   ', '***', '"', '( ) ^ -', '\u0000'])('and refuses what holds no word: %j', async (typed) => {
      await expect(memory.search(typed)).rejects.toMatchObject({ code: expect.stringMatching(/^input\./) })
    })

    it.each([
      'a AND OR NOT',
      'NEAR(x y)',
      'text:lease',
      'lease*',
      '"open',
      "'; DROP TABLE sections; --",
      'x^2',
      '{a b}: c',
    ])('and takes what looks like a command for words: %s', async (typed) => {
      await expect(memory.search(typed)).resolves.toBeInstanceOf(Array)
      expect(await found('lease')).toHaveLength(2)
    })

    it.each([{ limit: 0 }, { limit: 101 }, { limit: 1.5 }, { offset: -1 }, { offset: 10_001 }])(
      'and refuses a page out of bounds: %j',
      async (options) => {
        await expect(memory.search('lease', options)).rejects.toMatchObject({ code: 'input.invalid' })
      },
    )
  })

  describe('keeps documents', () => {
    it('whose sections are replaced all at once, those alike left untouched', async () => {
      const one = await document({ key: 'a#1', text: 'first' }, { key: 'a#2', text: 'second' })
      const two = await document({ key: 'a#2', text: 'second' }, { key: 'a#3', text: 'third' })

      expect(await memory.replaceDocument('docs', 'a', one)).toEqual({
        changed: true,
        version: 1,
        added: 2,
        updated: 0,
        removed: 0,
        kept: 0,
      })
      expect(await memory.replaceDocument('docs', 'a', two)).toEqual({
        changed: true,
        version: 2,
        added: 1,
        updated: 0,
        removed: 1,
        kept: 1,
      })
      expect(await found('first')).toEqual([])
      expect(await found('third')).toEqual(['a#3'])
      expect(await memory.get('docs', 'a#2')).toMatchObject({ version: 1, documentPath: 'a' })
    })

    it('and knows when nothing changed', async () => {
      const same = await document({ key: 'a#1', text: 'first' })
      await memory.replaceDocument('docs', 'a', same)

      expect(await memory.replaceDocument('docs', 'a', same)).toMatchObject({ changed: false, version: 1, kept: 1 })
    })

    it('also one without a section', async () => {
      const none = await document()
      await memory.replaceDocument('docs', 'empty', none)

      expect(await memory.getDocument('docs', 'empty')).toMatchObject({
        sectionCount: 0,
        contentHash: none.contentHash,
      })
    })

    it('and refuses a key twice, leaving everything as it was', async () => {
      const before = await document({ key: 'a#1', text: 'first' })
      await memory.replaceDocument('docs', 'a', before)
      await memory.remember('docs', 'taken', 'a note')

      for (const sections of [
        [
          { key: 'a#2', text: 'x' },
          { key: 'a#2', text: 'y' },
        ],
        [
          { key: 'a#9', text: 'x' },
          { key: 'taken', text: 'y' },
        ],
      ])
        await expect(memory.replaceDocument('docs', 'a', await document(...sections))).rejects.toMatchObject({
          code: 'memory.duplicate_key',
        })
      expect(await memory.getDocument('docs', 'a')).toMatchObject({ version: 1, contentHash: before.contentHash })
      expect(await found('first')).toEqual(['a#1'])
    })

    it('whose sections only the document can change', async () => {
      await memory.replaceDocument('docs', 'a', await document({ key: 'a#1', text: 'first' }))

      for (const change of [() => memory.remember('docs', 'a#1', 'other'), () => memory.forget('docs', 'a#1')])
        await expect(change()).rejects.toMatchObject({
          code: 'memory.owned_by_document',
          details: { documentPath: 'a' },
        })
    })

    it('and removes one with all its sections, and nothing of its neighbours', async () => {
      await memory.replaceDocument('docs', 'a', await document({ key: 'a#1', text: 'common one' }))
      await memory.replaceDocument('docs', 'b', await document({ key: 'b#1', text: 'common two' }))

      expect(await memory.removeDocument('docs', 'a')).toEqual({ removed: true, sections: 1 })
      expect(await memory.removeDocument('docs', 'a')).toEqual({ removed: false, sections: 0 })
      expect(await found('common')).toEqual(['b#1'])
    })

    it('and lists those below a folder, in byte order, a page at a time', async () => {
      const paths = ['/a', '/a/b', '/a/b/c', '/a-b', '/a0', '/ab', '/a/ä', '/a/\u{1F600}', '/a/\uE000']
      for (const path of paths) await memory.replaceDocument('docs', path, await document())
      const list = async (options: object) => (await memory.listDocuments('docs', options)).map(({ path }) => path)

      expect(await list({ folder: '/a' })).toEqual(['/a/b', '/a/b/c', '/a/ä', '/a/\uE000', '/a/\u{1F600}'])
      expect(await list({ folder: '/a', afterPath: '/a/b/c', limit: 1 })).toEqual(['/a/ä'])
      expect(await list({})).toHaveLength(paths.length)
      expect(await list({ folder: '/none' })).toEqual([])
    })
  })

  describe('writes a document and its idempotency key together', () => {
    const prefix = 'ingest:docs:a@'
    const claim = async (contentHash: string) => {
      const known = await store.idempotency.checkOrCreate(prefix + contentHash, { request: contentHash, owner: 'test' })
      if (known.outcome === 'completed' || known.outcome === 'in_progress') throw new Error(known.outcome)
      return known.ref
    }
    const response = { data: '{"sections":1}', encoding: 'json', rawBytes: 14 }
    const outcomeOf = async (contentHash: string) =>
      (await store.idempotency.checkOrCreate(prefix + contentHash, { request: contentHash, owner: 'test' })).outcome

    it('so that the key answers as soon as the sections are there', async () => {
      const one = await document({ key: 'a#1', text: 'first' })
      const ref = await claim(one.contentHash)
      await memory.replaceDocument('docs', 'a', { ...one, idempotency: { prefix, ref, response } })

      expect(await outcomeOf(one.contentHash)).toBe('completed')
    })

    it('and forgets the key of the content it replaces, so that A, B, A is read three times', async () => {
      const [a, b] = [await document({ key: 'a#1', text: 'A' }), await document({ key: 'a#1', text: 'B' })]
      for (const content of [a, b, a]) {
        const ref = await claim(content.contentHash)
        await memory.replaceDocument('docs', 'a', { ...content, idempotency: { prefix, ref, response } })
      }

      expect((await memory.get('docs', 'a#1'))?.text).toBe('A')
      expect(await outcomeOf(b.contentHash)).toBe('created')
    })

    it('and writes neither when the key was taken over', async () => {
      const one = await document({ key: 'a#1', text: 'first' })
      const ref = await claim(one.contentHash)
      await store.idempotency.fail(ref, { code: 'test', message: 'gave up' })
      await claim(one.contentHash)
      const late = memory.replaceDocument('docs', 'a', { ...one, idempotency: { prefix, ref, response } })

      await expect(late).rejects.toMatchObject({ code: 'idempotency.lost' })
      expect(await memory.getDocument('docs', 'a')).toBeUndefined()
    })

    it('and forgets the key with the document', async () => {
      const one = await document({ key: 'a#1', text: 'first' })
      const ref = await claim(one.contentHash)
      await memory.replaceDocument('docs', 'a', { ...one, idempotency: { prefix, ref, response } })
      await memory.removeDocument('docs', 'a', { idempotency: { prefix } })

      expect(await outcomeOf(one.contentHash)).toBe('created')
    })
  })
})
