import { defineTask, type TaskContext } from '@holdfast/engine'
import { MAX_SECTIONS, Memory } from '@holdfast/memory'
import { encodePayload, MAX_PAYLOAD_BYTES, repositories } from '@holdfast/store'
import { z } from 'zod'
import { contentClaim } from './content-claim.js'
import { keyPrefix } from './document-key.js'
import { refuse } from './errors.js'
import { MAX_FILE_BYTES, readMarkdown, type ReadFile } from './read-file.js'
import { MAX_ATTEMPTS } from './attempts.js'
import { ingestRoots } from './roots.js'
import { keyedSections } from './section-keys.js'
import { splitMarkdown } from './split.js'

const fileInput = z.object({
  path: z.string().min(1),
  namespace: z.string().min(1),
  maxBytes: z.number().int().min(1).max(MAX_FILE_BYTES),
})
type FileInput = z.output<typeof fileInput>

/** What is kept under a content's idempotency key. */
interface Stored {
  readonly workItemId: string
  readonly sections: number
}

/** What became of one file. */
export interface IngestedFile {
  readonly outcome: 'ingested' | 'unchanged' | 'gone'
  readonly sections: number
}

/**
 * Reads one file into the store of sections. Its idempotency key is made of path and content hash, and is completed in
 * the transaction that writes the sections: whatever dies in between, each content is stored once.
 */
export const ingestFile = defineTask(
  'ingest.file',
  { input: fileInput, maxAttempts: MAX_ATTEMPTS },
  async (ctx, input): Promise<IngestedFile> => {
    const { path, namespace, maxBytes } = input
    const memory = new Memory(ctx.store, { tenant: ctx.tenant, clock: ctx.clock })
    const roots = await ingestRoots(process.env, process.cwd())
    const file = await readMarkdown(path, { roots, maxBytes })
    if (!file) {
      const { sections } = await memory.removeDocument(namespace, path, {
        idempotency: { prefix: keyPrefix(namespace, path) },
      })
      return { outcome: 'gone', sections }
    }

    const ingested = await storeOnce(ctx, memory, input, file)
    await ctx.checkpoint('tool_executed', { path, contentHash: file.contentHash, bytes: file.bytes, ...ingested })
    return ingested
  },
)

const storeOnce = async (ctx: TaskContext, memory: Memory, input: FileInput, file: ReadFile): Promise<IngestedFile> => {
  const { path, namespace } = input
  const { contentHash } = file
  const prefix = keyPrefix(namespace, path)
  const keys = repositories(ctx.store, { tenant: ctx.tenant, clock: ctx.clock }).idempotency
  const claim = await contentClaim(ctx, keys, { key: prefix + contentHash, request: { namespace, path, contentHash } })
  if (claim.outcome === 'completed') {
    // Written below, by this item before a crash or by an earlier ingest.
    const stored = claim.response as Stored
    return { outcome: stored.workItemId === ctx.workItemId ? 'ingested' : 'unchanged', sections: stored.sections }
  }

  const sections = keyedSections(path, splitMarkdown(file.text))
  if (sections.length > MAX_SECTIONS) {
    const refusal = refuse(
      'ingest.too_many_sections',
      `${path} has ${sections.length} sections, at most ${MAX_SECTIONS} are taken`,
    )
    await keys.fail(claim.ref, refusal)
    throw refusal
  }
  const stored: Stored = { workItemId: ctx.workItemId, sections: sections.length }
  const response = encodePayload(stored, { limitBytes: MAX_PAYLOAD_BYTES })
  const idempotency = { prefix, ref: claim.ref, response }
  const { changed } = await memory.replaceDocument(namespace, path, { contentHash, sections, idempotency })
  return { outcome: changed ? 'ingested' : 'unchanged', sections: sections.length }
}
