import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ingestKit, sectionsOf, type IngestKit } from './ingest-kit.js'

const GUIDE = '# Guide\nintro\n\n## Install\napt, or brew\n\n## Use\nrun it\n'
const NOTES = 'no heading here, only zebras\n'

const completed = (items: number) => ({ state: 'completed', result: expect.objectContaining({ files: items }) })

/** The versions of documents, which grow with every change: by path below the root. */
const versions = async ({ memory, root }: IngestKit) =>
  Object.fromEntries(
    (await memory.listDocuments('files')).map(({ path, version }) => [path.slice(root.length + 1), version]),
  )

describe('a first ingest', () => {
  it('stores every section of every file once, with its path, headings, text and place', async () => {
    const kit = await ingestKit()
    await kit.put({ 'guide.md': GUIDE, 'deep/er/notes.markdown': NOTES, 'code.ts': '# no Markdown' })

    const { task, files } = await kit.run()

    expect(task).toMatchObject(completed(2))
    expect(files).toEqual({ 'guide.md': 'ingested', 'deep/er/notes.markdown': 'ingested' })
    expect(kit.sections()).toEqual([
      ...sectionsOf(join(kit.root, 'deep/er/notes.markdown'), NOTES),
      ...sectionsOf(join(kit.root, 'guide.md'), GUIDE),
    ])
    expect(kit.sections().map(({ headingTrail }) => headingTrail)).toEqual([
      '',
      'Guide',
      'Guide › Install',
      'Guide › Use',
    ])
  })

  it('makes them searchable, with the hash of each', async () => {
    const kit = await ingestKit()
    await kit.put({ 'guide.md': GUIDE, 'notes.md': NOTES })

    await kit.run()

    const [hit, ...others] = await kit.memory.search('brew')
    expect(others).toEqual([])
    expect(hit).toMatchObject({
      documentPath: join(kit.root, 'guide.md'),
      headingTrail: 'Guide › Install',
      contentHash: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
    })
  })

  it('leaves one checkpoint per file, and one per batch of the walk', async () => {
    const kit = await ingestKit()
    await kit.put({ 'guide.md': GUIDE })

    const { task, items } = await kit.run()

    const types = async (id: string) => (await kit.store.checkpoints.list(id)).map(({ type }) => type)
    expect(await types(task.id)).toEqual(['state_transition'])
    for (const item of items.filter(({ isRoot }) => !isRoot)) expect(await types(item.id)).toEqual(['tool_executed'])
  })

  it('takes a folder by its path from the root, and a namespace of its own', async () => {
    const kit = await ingestKit()
    await kit.put({ 'a/one.md': '# One', 'b/two.md': '# Two' })

    const { task } = await kit.run({ folder: 'a', namespace: 'mine' })

    expect(task.result).toEqual({ folder: join(kit.root, 'a'), namespace: 'mine', files: 1, removed: 0 })
    expect(kit.sections('mine')).toEqual(sectionsOf(join(kit.root, 'a/one.md'), '# One'))
    expect(kit.sections()).toEqual([])
  })

  it('of an empty folder completes, with nothing found', async () => {
    const kit = await ingestKit()

    expect((await kit.run()).task).toMatchObject(completed(0))
  })
})

describe('an ingest of what was ingested before', () => {
  it('touches nothing where nothing has changed', async () => {
    const kit = await ingestKit()
    await kit.put({ 'guide.md': GUIDE, 'notes.md': NOTES, 'empty.md': '' })
    await kit.run()
    const before = kit.sections()

    const { task, files } = await kit.run()

    expect(task).toMatchObject(completed(3))
    expect(files).toEqual({ 'guide.md': 'unchanged', 'notes.md': 'unchanged', 'empty.md': 'unchanged' })
    expect(kit.sections()).toEqual(before)
    expect(await versions(kit)).toEqual({ 'guide.md': 1, 'notes.md': 1, 'empty.md': 1 })
  })

  it('reads again only what has changed, and changes only the sections that differ', async () => {
    const kit = await ingestKit()
    await kit.put({ 'guide.md': GUIDE, 'notes.md': NOTES })
    await kit.run()

    await kit.put({ 'guide.md': GUIDE.replace('brew', 'port') })
    const { files } = await kit.run()

    expect(files).toEqual({ 'guide.md': 'ingested', 'notes.md': 'unchanged' })
    expect(await versions(kit)).toEqual({ 'guide.md': 2, 'notes.md': 1 })
    expect(kit.sections().map(({ headingTrail, version }) => [headingTrail, version])).toEqual([
      ['Guide', 1],
      ['Guide › Install', 2],
      ['Guide › Use', 1],
      ['', 1],
    ])
    expect(await kit.memory.search('brew')).toEqual([])
    expect(await kit.memory.search('port')).toHaveLength(1)
  })

  it('takes a file that goes back to what it was', async () => {
    const kit = await ingestKit()
    const a = '# A\nfirst'
    await kit.put({ 'x.md': a })
    await kit.run()
    await kit.put({ 'x.md': '# B\nsecond' })
    await kit.run()

    await kit.put({ 'x.md': a })
    const { files } = await kit.run()

    expect(files).toEqual({ 'x.md': 'ingested' })
    expect(kit.sections()).toEqual(sectionsOf(join(kit.root, 'x.md'), a))
    expect(await kit.memory.search('second')).toEqual([])
  })

  it('removes the sections of files that are gone, and of a folder that is gone with its files', async () => {
    const kit = await ingestKit()
    await kit.put({ 'a.md': '# A', 'b.md': '# B', 'sub/c.md': '# C', 'sub/deep/d.md': '# D', 'subtle.md': '# E' })
    await kit.run()

    await kit.remove('b.md')
    await kit.remove('sub')
    const { task, files } = await kit.run()

    expect(task.result).toMatchObject({ files: 2, removed: 3 })
    expect(files).toEqual({ 'a.md': 'unchanged', 'subtle.md': 'unchanged' })
    expect(await versions(kit)).toEqual({ 'a.md': 1, 'subtle.md': 1 })
    expect(kit.sections().map(({ headingTrail }) => headingTrail)).toEqual(['A', 'E'])
  })

  it('takes a file again that was gone for a while', async () => {
    const kit = await ingestKit()
    await kit.put({ 'a.md': '# A' })
    await kit.run()
    await kit.remove('a.md')
    await kit.run()

    await kit.put({ 'a.md': '# A' })

    expect((await kit.run()).files).toEqual({ 'a.md': 'ingested' })
    expect(kit.sections()).toEqual(sectionsOf(join(kit.root, 'a.md'), '# A'))
  })

  it('leaves alone what lies beside the folder, and what other namespaces hold', async () => {
    const kit = await ingestKit()
    await kit.put({ 'a/one.md': '# One', 'a-b/two.md': '# Two' })
    await kit.run()
    await kit.run({ namespace: 'other' })
    await kit.remove('a/one.md')

    const { task } = await kit.run({ folder: 'a' })

    expect(task.result).toMatchObject({ files: 0, removed: 1 })
    expect(await versions(kit)).toEqual({ 'a-b/two.md': 1 })
    expect(kit.sections('other')).toHaveLength(2)
  })
})

describe('an ingest of strange files', () => {
  it('takes what is empty, without headings, in CRLF or with a byte order mark', async () => {
    const kit = await ingestKit()
    await kit.put({
      'empty.md': '',
      'blank.md': '\n\n \n',
      'plain.md': 'text alone',
      'crlf.md': '# One\r\ntext\r\n\r\n## Two\r\nmore\r\n',
      'bom.md': '\uFEFF# Marked\n',
    })

    const { files } = await kit.run()

    expect(new Set(Object.values(files))).toEqual(new Set(['ingested']))
    expect(kit.sections().map(({ headingTrail, text }) => [headingTrail, text])).toEqual([
      ['Marked', '# Marked'],
      ['One', '# One\ntext'],
      ['One › Two', '## Two\nmore'],
      ['', 'text alone'],
    ])
  })

  it('fails exactly those that it cannot take, each with its code, at the first attempt; the task completes', async () => {
    const kit = await ingestKit()
    await kit.put({
      'good.md': '# Good',
      'huge.md': 'x'.repeat(2_001),
      'latin1.md': Buffer.from('caf\xe9', 'latin1'),
      'nul.md': 'a\u0000b',
      'many.md': '# a\n'.repeat(10_001),
    })
    execFileSync('mkfifo', [join(kit.root, 'pipe.md')])

    const { task, files, items } = await kit.run({ maxBytes: 100_000 })
    const small = await kit.run({ maxBytes: 2_000 })

    expect(files).toEqual({
      'good.md': 'ingested',
      'huge.md': 'ingested',
      'latin1.md': 'ingest.not_utf8',
      'nul.md': 'ingest.not_utf8',
      'many.md': 'ingest.too_many_sections',
      'pipe.md': 'ingest.not_a_file',
    })
    expect(task).toMatchObject(completed(6))
    const failed = items.filter(({ state }) => state === 'failed')
    expect(failed.map(({ attempt }) => attempt)).toEqual([1, 1, 1, 1])
    expect(small.files).toMatchObject({ 'good.md': 'unchanged', 'huge.md': 'ingest.too_large' })
  })

  it('reads a file again once it is mended', async () => {
    const kit = await ingestKit()
    await kit.put({ 'many.md': '# a\n'.repeat(10_001), 'x.md': Buffer.from([0xff]) })
    await kit.run()
    await kit.put({ 'x.md': '# Mended' })

    const { files } = await kit.run()

    expect(files).toEqual({ 'many.md': 'ingest.too_many_sections', 'x.md': 'ingested' })
  })

  it('takes paths as long as the system allows', async () => {
    const kit = await ingestKit()
    const deep = `${'a'.repeat(200)}/${'b'.repeat(200)}/${'ü'.repeat(100)}/${'d'.repeat(200)}/é.md`
    await kit.put({ [deep]: '# Deep' })

    expect((await kit.run()).files).toEqual({ [deep]: 'ingested' })
    expect((await kit.run()).files).toEqual({ [deep]: 'unchanged' })
    expect(kit.sections()).toEqual(sectionsOf(join(kit.root, deep), '# Deep'))
  })
})

describe('an ingest outside of its roots', () => {
  it.each(['/etc', '..', 'docs/../..'])('is refused: %s', async (folder) => {
    const kit = await ingestKit()

    const { task, items } = await kit.run({ folder })

    expect(task).toMatchObject({ state: 'failed', error: { code: 'ingest.outside_roots' } })
    expect(items).toHaveLength(1)
    expect(kit.sections()).toEqual([])
  })

  it('fails where there is no such folder', async () => {
    const kit = await ingestKit()

    const { task } = await kit.run({ folder: 'none' })

    expect(task).toMatchObject({ state: 'failed', error: { code: 'ingest.not_found' } })
  })
})

describe('ingests beside each other', () => {
  it('of one folder end well, and leave each section once', async () => {
    const kit = await ingestKit()
    const names = Array.from({ length: 60 }, (_, n) => `${String(n).padStart(2, '0')}.md`)
    await kit.put(Object.fromEntries(names.map((name) => [name, `# ${name}\ntext`])))

    const taskIds = await Promise.all([kit.submit(), kit.submit(), kit.submit()])
    const ended = await Promise.all(taskIds.map((id) => kit.ended(id)))

    for (const { task, files } of ended) {
      expect(task).toMatchObject(completed(names.length))
      expect(Object.keys(files)).toHaveLength(names.length)
    }
    for (const name of names)
      expect(ended.map(({ files }) => files[name]).sort()).toEqual(['ingested', 'unchanged', 'unchanged'])
    expect(kit.sections()).toEqual(names.flatMap((name) => sectionsOf(join(kit.root, name), `# ${name}\ntext`)))
  })

  it('can be searched while they run', async () => {
    const kit = await ingestKit()
    const names = Array.from({ length: 400 }, (_, n) => `${n}.md`)
    await kit.put(Object.fromEntries(names.map((name) => [name, `# Page ${name}\nzebra`])))

    const taskId = await kit.submit()
    const isFound = async () => (await kit.memory.search('zebra')).length > 0
    await expect.poll(isFound, { timeout: 20_000, interval: 5 }).toBe(true)

    expect((await kit.store.tasks.require(taskId)).state).toBe('active')
    expect((await kit.ended(taskId)).task.state).toBe('completed')
  })
})

describe('an ingest of many files', () => {
  it('fans out a bounded batch at a time, with a checkpoint behind each', async () => {
    const kit = await ingestKit()
    const names = Array.from({ length: 1_050 }, (_, n) => `${n % 7}/${n}.md`)
    await kit.put(Object.fromEntries(names.map((name) => [name, `# ${name}`])))

    const { task } = await kit.run()

    expect(task).toMatchObject(completed(names.length))
    const checkpoints = await kit.store.checkpoints.list(task.id)
    expect(checkpoints.map(({ snapshot }) => (snapshot as { files: number }).files).reverse()).toEqual([
      200, 400, 600, 800, 1_000, 1_050,
    ])
    expect(kit.sections()).toHaveLength(names.length)
  })
})
