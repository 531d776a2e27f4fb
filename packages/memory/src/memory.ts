import {
  checkInteger,
  checkName,
  checkText,
  DEFAULT_TENANT,
  InvalidInputError,
  MAX_METADATA_BYTES,
  MAX_PAYLOAD_BYTES,
  PayloadTooLargeError,
  sha256,
  systemClock,
  type Clock,
  type Submits,
} from '@holdfast/store'
import {
  getDocument,
  listDocuments,
  removeDocument,
  replaceDocument,
  type DocumentKeying,
  type DocumentRecord,
  type NewSection,
  type ReplaceDocumentArgs,
  type ReplacedDocument,
} from './documents.js'
import { matchExpression, searchSections, type SearchHit } from './search.js'
import { forget, getSection, remember, type SectionRecord } from './sections.js'

/** Sections that one document may hold: what one transaction writes stays bounded. */
export const MAX_SECTIONS = 10_000
/** The longest path or key, as file systems have it, with room for a section's name behind it. */
export const MAX_PATH_LENGTH = 8_192
/** Hits of one search: default and most. */
export const SEARCH_LIMIT = 10
export const MAX_SEARCH_LIMIT = 100
/** Ranking reads every hit up to the page's end: pages beyond this are refused rather than slow. */
export const MAX_SEARCH_OFFSET = 10_000

export interface MemoryOptions {
  readonly tenant?: string
  readonly clock?: Clock
}

export type Section = Omit<SectionRecord, 'metadata'> & { readonly metadata: unknown }

/** A section as a caller gives it. */
export interface SectionInput {
  readonly key: string
  readonly text: string
  readonly headingTrail?: string
  readonly metadata?: unknown
}

/**
 * A searchable store of texts. It only submits operations, so it works on any engine that binds them, and whatever it
 * acknowledges is as durable as every other write of the store.
 */
export class Memory {
  private readonly tenant: string
  private readonly clock: Clock

  constructor(
    private readonly store: Submits,
    options: MemoryOptions = {},
  ) {
    this.tenant = checkName('tenant', options.tenant ?? DEFAULT_TENANT)
    this.clock = options.clock ?? systemClock
  }

  /**
   * Stores `text` under `(namespace, key)`, replacing what was there. The same text again is no change.
   *
   * @param options.expectedVersion The version that was read, 0 for "must be new"; left out, the last write wins.
   * @throws {MemoryVersionConflictError} `memory.version_conflict`
   * @throws {OwnedByDocumentError} `memory.owned_by_document`
   */
  async remember(
    namespace: string,
    key: string,
    text: string,
    options: { readonly headingTrail?: string; readonly metadata?: unknown; readonly expectedVersion?: number } = {},
  ): Promise<{ readonly version: number; readonly changed: boolean }> {
    const section = await hashed(checkedSection({ key, text, ...options }))
    return this.store.submit(remember, {
      tenant: this.tenant,
      namespace: checkName('namespace', namespace),
      ...section,
      expectedVersion:
        options.expectedVersion === undefined
          ? null
          : checkInteger('expectedVersion', options.expectedVersion, 0, Number.MAX_SAFE_INTEGER),
      nowMs: this.clock.nowMs(),
    })
  }

  async get(namespace: string, key: string): Promise<Section | undefined> {
    const found = await this.store.submit(getSection, {
      tenant: this.tenant,
      namespace: checkName('namespace', namespace),
      key: checkPath('key', key),
    })
    return found ? { ...found, metadata: found.metadata === null ? undefined : JSON.parse(found.metadata) } : undefined
  }

  /** Removes one text; `forgotten` is false when there was none. */
  forget(namespace: string, key: string): Promise<{ readonly forgotten: boolean }> {
    return this.store.submit(forget, {
      tenant: this.tenant,
      namespace: checkName('namespace', namespace),
      key: checkPath('key', key),
    })
  }

  /**
   * Finds texts that hold all words of `typed`, best first; the last word may be the beginning of one, and words in
   * double quotes stand together.
   *
   * @param options.limit  1 to 100, 10 unless told.
   * @throws {InvalidInputError} `input.invalid`: there is no word in `typed`.
   */
  async search(
    typed: string,
    options: { readonly namespace?: string; readonly limit?: number; readonly offset?: number } = {},
  ): Promise<readonly SearchHit[]> {
    const match = matchExpression(checkName('query', typed))
    if (match === undefined) throw new InvalidInputError('the query holds no word to look for', { name: 'query' })
    return this.store.submit(searchSections, {
      tenant: this.tenant,
      namespace: options.namespace === undefined ? null : checkName('namespace', options.namespace),
      match,
      limit: checkInteger('limit', options.limit ?? SEARCH_LIMIT, 1, MAX_SEARCH_LIMIT),
      offset: checkInteger('offset', options.offset ?? 0, 0, MAX_SEARCH_OFFSET),
    })
  }

  /** Makes the document's sections exactly `sections`, all at once; see {@link replaceDocument}. */
  async replaceDocument(
    namespace: string,
    path: string,
    document: {
      readonly contentHash: string
      readonly sections: readonly SectionInput[]
      readonly idempotency?: ReplaceDocumentArgs['idempotency']
    },
  ): Promise<ReplacedDocument> {
    if (document.sections.length > MAX_SECTIONS)
      throw new PayloadTooLargeError(`${document.sections.length} sections, at most ${MAX_SECTIONS} are taken`, {
        name: 'sections',
        bytes: document.sections.length,
        limitBytes: MAX_SECTIONS,
      })
    return this.store.submit(replaceDocument, {
      tenant: this.tenant,
      namespace: checkName('namespace', namespace),
      path: checkPath('path', path),
      contentHash: checkName('contentHash', document.contentHash),
      sections: await Promise.all(document.sections.map(checkedSection).map(hashed)),
      idempotency: document.idempotency ?? null,
      nowMs: this.clock.nowMs(),
    })
  }

  /** Removes a document with its sections. */
  removeDocument(
    namespace: string,
    path: string,
    options: { readonly idempotency?: DocumentKeying } = {},
  ): Promise<{ readonly removed: boolean; readonly sections: number }> {
    return this.store.submit(removeDocument, {
      tenant: this.tenant,
      namespace: checkName('namespace', namespace),
      path: checkPath('path', path),
      idempotency: options.idempotency ?? null,
    })
  }

  async getDocument(namespace: string, path: string): Promise<DocumentRecord | undefined> {
    const found = await this.store.submit(getDocument, {
      tenant: this.tenant,
      namespace: checkName('namespace', namespace),
      path: checkPath('path', path),
    })
    return found ?? undefined
  }

  /** A page of documents in byte order of their paths. */
  listDocuments(
    namespace: string,
    options: { readonly folder?: string; readonly afterPath?: string; readonly limit?: number } = {},
  ): Promise<readonly DocumentRecord[]> {
    return this.store.submit(listDocuments, {
      tenant: this.tenant,
      namespace: checkName('namespace', namespace),
      folder: options.folder === undefined ? null : checkPath('folder', options.folder),
      afterPath: options.afterPath === undefined ? null : checkPath('afterPath', options.afterPath),
      limit: checkInteger('limit', options.limit ?? 100, 1, 1_000),
    })
  }
}

const checkPath = (name: string, path: string): string => {
  checkText(name, path)
  if (path.length === 0) throw new InvalidInputError(`${name} must not be empty`, { name })
  if (path.length > MAX_PATH_LENGTH) throw tooLarge(name, path.length, MAX_PATH_LENGTH)
  return path
}

const tooLarge = (name: string, bytes: number, limitBytes: number) =>
  new PayloadTooLargeError(`${name} takes ${bytes}, at most ${limitBytes} are taken`, { name, bytes, limitBytes })

const checkedSection = (section: SectionInput): Omit<NewSection, 'contentHash'> => {
  checkText('text', section.text)
  const bytes = new TextEncoder().encode(section.text).byteLength
  if (bytes > MAX_PAYLOAD_BYTES) throw tooLarge('text', bytes, MAX_PAYLOAD_BYTES)
  const metadata = section.metadata === undefined ? null : JSON.stringify(section.metadata)
  if (metadata !== null && metadata.length > MAX_METADATA_BYTES)
    throw tooLarge('metadata', metadata.length, MAX_METADATA_BYTES)
  const headingTrail = checkText('headingTrail', section.headingTrail ?? '')
  if (headingTrail.length > MAX_METADATA_BYTES) throw tooLarge('headingTrail', headingTrail.length, MAX_METADATA_BYTES)
  return { key: checkPath('key', section.key), headingTrail, text: section.text, metadata }
}

/** The hash covers all that a reader sees, so that "unchanged" means it. */
const hashed = async (section: Omit<NewSection, 'contentHash'>): Promise<NewSection> => ({
  ...section,
  contentHash: await sha256(JSON.stringify([section.headingTrail, section.text, section.metadata])),
})
