import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createWorker, submitTask, type EngineStore, type Worker } from '@holdfast/engine'
import { Memory, type SectionInput } from '@holdfast/memory'
import { sqlite as memoryModule } from '@holdfast/memory/sqlite'
import type { Task, WorkItem } from '@holdfast/store'
import { openDatabase, openStore } from '@holdfast/store/sqlite'
import { expect, onTestFinished, vi } from 'vitest'
import { ingest, ingestFile, splitMarkdown } from '../src/index.js'
import { keyedSections } from '../src/section-keys.js'

/** What became of one submission. */
export interface Ingested {
  readonly task: Task
  /** How each file's item ended, by path below the root: its outcome, or the code of its failure. */
  readonly files: Readonly<Record<string, string>>
  readonly items: readonly WorkItem[]
}

export interface StoredSection extends SectionInput {
  readonly path: string
  readonly version: number
}

/** A root folder of a test's own, a real store on a file beside it, and a worker that runs the ingest. */
export interface IngestKit {
  readonly root: string
  readonly store: EngineStore
  readonly memory: Memory
  readonly worker: Worker
  /** Writes files below the root, with the folders that they need. */
  put(files: Readonly<Record<string, string | Uint8Array>>): Promise<void>
  remove(path: string): Promise<void>
  submit(input?: Partial<IngestInput>): Promise<string>
  ended(taskId: string): Promise<Ingested>
  /** Submits, and waits for the end. */
  run(input?: Partial<IngestInput>): Promise<Ingested>
  /** Every section of a namespace as it stands in the file, in order of path and place. */
  sections(namespace?: string): readonly StoredSection[]
}

interface IngestInput {
  readonly folder: string
  readonly namespace: string
  readonly maxBytes: number
}

export const ingestKit = async (): Promise<IngestKit> => {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'holdfast-ingest-')))
  const root = join(folder, 'root')
  await mkdir(root)
  vi.stubEnv('HOLDFAST_INGEST_ROOTS', root)
  const path = join(folder, 'store.db')
  const store = await openStore({ path, modules: [memoryModule], durability: 'none' })
  const worker = createWorker({ store, tasks: [ingest, ingestFile], pollMs: 50 })
  await worker.start()
  onTestFinished(async () => {
    vi.unstubAllEnvs()
    await worker.stop()
    await store.close()
    await rm(folder, { recursive: true, force: true })
  })

  const submit: IngestKit['submit'] = async (input = {}) =>
    (await submitTask(store, ingest, { folder: root, ...input })).taskId
  const ended: IngestKit['ended'] = async (taskId) => {
    const state = async () => (await store.tasks.require(taskId)).state
    await expect.poll(state, { timeout: 20_000, interval: 20 }).not.toBe('active')
    const items = await itemsOf(store, taskId)
    return { task: await store.tasks.require(taskId), items, files: outcomesOf(items, root) }
  }
  return {
    root,
    store,
    memory: new Memory(store),
    worker,
    put: async (files) => {
      for (const [name, content] of Object.entries(files)) {
        await mkdir(dirname(join(root, name)), { recursive: true })
        await writeFile(join(root, name), content)
      }
    },
    remove: (name) => rm(join(root, name), { recursive: true }),
    submit,
    ended,
    run: async (input) => ended(await submit(input)),
    sections: (namespace = 'files') => sectionsIn(path, namespace),
  }
}

/** What the sections of a file must be, from the splitter alone. */
export const sectionsOf = (path: string, text: string): readonly StoredSection[] =>
  keyedSections(path, splitMarkdown(text)).map((section) => ({ ...section, path, version: 1 }))

const itemsOf = async (store: EngineStore, taskId: string): Promise<readonly WorkItem[]> => {
  const items: WorkItem[] = []
  for (;;) {
    const afterSeq = items.at(-1)?.seq
    const page = await store.workItems.list({ taskId, limit: 500, ...(afterSeq === undefined ? {} : { afterSeq }) })
    items.push(...page)
    if (page.length < 500) return items
  }
}

const outcomesOf = (items: readonly WorkItem[], root: string): Record<string, string> =>
  Object.fromEntries(
    items
      .filter(({ type }) => type === ingestFile.name)
      .map(({ input, state, result, error }) => [
        (input as { path: string }).path.slice(root.length + 1),
        state === 'completed' ? (result as { outcome: string }).outcome : (error as { code: string }).code,
      ]),
  )

// Past the repositories, because they name no way to list all that there is.
const sectionsIn = (path: string, namespace: string): readonly StoredSection[] => {
  const connection = openDatabase({ path, role: 'reader' })
  try {
    return connection
      .prepare(
        `SELECT d.path, s.key, s.heading_trail AS headingTrail, s.text, s.metadata, s.version
         FROM sections AS s JOIN documents AS d ON d.seq = s.document_seq
         WHERE s.namespace = ? ORDER BY d.path, s.metadata ->> 'line'`,
      )
      .all(namespace)
      .map(
        (row) => ({ ...row, metadata: JSON.parse(String(row.metadata)) as unknown }) as unknown as StoredSection, // as selected
      )
  } finally {
    connection.close()
  }
}
