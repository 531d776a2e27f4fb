import { defineTask, type TaskContext } from '@holdfast/engine'
import { Memory } from '@holdfast/memory'
import { z } from 'zod'
import { MAX_ATTEMPTS } from './attempts.js'
import { removeGone } from './gone.js'
import { ingestFile } from './ingest-file.js'
import { MAX_FILE_BYTES } from './read-file.js'
import { ingestRoots, resolveFolder } from './roots.js'
import { walkMarkdown } from './walk.js'

/** Where sections go unless the submission names another place. */
export const DEFAULT_NAMESPACE = 'files'

/** Files per step of the walk: one fan-out, one checkpoint, one bounded transaction. */
const BATCH = 200
/** Folders that couldn't be listed, remembered by name. Beyond them nothing is taken for gone. */
const MAX_UNREADABLE = 1_000

const ingestInput = z.object({
  /** Absolute, or from the first of the ingest roots. */
  folder: z.string().min(1).max(4_096),
  namespace: z.string().min(1).max(200).default(DEFAULT_NAMESPACE),
  /** Larger files fail with `ingest.too_large`. */
  maxBytes: z.number().int().min(1).max(MAX_FILE_BYTES).default(MAX_FILE_BYTES),
})

/** Where a walk stands: enough to go on after any crash. */
interface Progress {
  readonly cursor: string | null
  readonly files: number
  readonly removed: number
  readonly unreadable: readonly string[]
}

const START: Progress = { cursor: null, files: 0, removed: 0, unreadable: [] }

/**
 * Reads the Markdown files below a folder into the searchable store of sections.
 *
 * The first item walks the folder and fans out one item per file, a batch at a time, with a checkpoint behind each
 * batch. Files that were read before and have not changed are not parsed again; the sections of files that are gone
 * are removed. A file that can't be taken fails its own item, with a code that says why, and nothing else: the task
 * is `completed` when the walk is, and `failed` items are listed under it.
 */
export const ingest = defineTask(
  'ingest',
  { input: ingestInput, failurePolicy: 'root', maxAttempts: MAX_ATTEMPTS },
  async (ctx, input) => {
    const roots = await ingestRoots(process.env, process.cwd())
    const folder = await resolveFolder(input.folder, roots)
    const memory = new Memory(ctx.store, { tenant: ctx.tenant, clock: ctx.clock })
    const walk = new Walk(ctx, memory, folder, input)

    let progress = await lastProgress(ctx)
    let batch: string[] = []
    for await (const found of walkMarkdown(folder, progress.cursor ?? undefined)) {
      ctx.signal.throwIfAborted()
      if (found.kind === 'unreadable') progress = { ...progress, unreadable: [...progress.unreadable, found.path] }
      batch.push(found.path)
      if (batch.length < BATCH) continue
      progress = await walk.step(progress, batch)
      batch = []
    }
    progress = await walk.step(progress, batch)
    const removed = progress.removed + (await walk.removeRest(progress))
    return { folder, namespace: input.namespace, files: progress.files, removed }
  },
)

const lastProgress = async (ctx: TaskContext): Promise<Progress> => {
  const last = await ctx.lastCheckpoint<Progress>('state_transition')
  // Only `Walk.step` writes checkpoints of this type for this item.
  return last?.snapshot ?? START
}

class Walk {
  constructor(
    private readonly ctx: TaskContext,
    private readonly memory: Memory,
    private readonly folder: string,
    private readonly input: z.output<typeof ingestInput>,
  ) {}

  /** Fans out one batch and remembers that it did. Run again after a crash, it names the same items. */
  async step(progress: Progress, batch: readonly string[]): Promise<Progress> {
    const lastPath = batch.at(-1)
    if (lastPath === undefined) return progress
    const { namespace, maxBytes } = this.input
    const removed = await this.#removeGone(progress, lastPath, new Set(batch))
    await this.ctx.spawn(batch.map((path) => ({ key: path, task: ingestFile, input: { path, namespace, maxBytes } })))
    const next = {
      ...progress,
      cursor: lastPath,
      files: progress.files + batch.length,
      removed: progress.removed + removed,
    }
    await this.ctx.checkpoint('state_transition', next)
    return next
  }

  /** Removes what the store holds behind the last file of the walk. */
  removeRest(progress: Progress): Promise<number> {
    return this.#removeGone(progress, undefined, new Set())
  }

  async #removeGone(progress: Progress, lastPath: string | undefined, found: ReadonlySet<string>): Promise<number> {
    const { unreadable, cursor } = progress
    if (unreadable.length > MAX_UNREADABLE) return 0
    const { folder } = this
    const { namespace } = this.input
    return removeGone(this.memory, { folder, namespace, afterPath: cursor ?? undefined, lastPath, found, unreadable })
  }
}
