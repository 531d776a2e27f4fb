import { operation, query, type KeyRef, type Operation, type Payload } from '@holdfast/store'

/** A document's identity: a path within a namespace. */
export interface DocumentKey {
  readonly tenant: string
  readonly namespace: string
  readonly path: string
}

export interface NewSection {
  readonly key: string
  readonly headingTrail: string
  readonly text: string
  readonly contentHash: string
  readonly metadata: string | null
}

/** The idempotency key of one content of a document is its prefix followed by the content's hash. */
export interface DocumentKeying {
  readonly prefix: string
}

export interface ReplaceDocumentArgs extends DocumentKey {
  readonly contentHash: string
  /** All sections of the document, in its order; none for an empty one. Keys are unique within the namespace. */
  readonly sections: readonly NewSection[]
  /**
   * Where given, the key is completed in the same transaction, and the key of the content that this one replaces is
   * forgotten: a file that changes from A to B and back to A is read again.
   */
  readonly idempotency: (DocumentKeying & { readonly ref: KeyRef; readonly response: Payload }) | null
  readonly nowMs: number
}

export interface ReplacedDocument {
  /** False when the document held exactly this before. */
  readonly changed: boolean
  readonly version: number
  readonly added: number
  readonly updated: number
  readonly removed: number
  readonly kept: number
}

export interface DocumentRecord {
  readonly namespace: string
  readonly path: string
  readonly contentHash: string
  readonly sectionCount: number
  readonly version: number
  readonly createdAtMs: number
  readonly updatedAtMs: number
}

/**
 * Makes a document's sections exactly the given ones, in one transaction: readers see the old set or the new set.
 * Sections that stay alike are not touched. Refused: `memory.duplicate_key`, and what completing the key refuses.
 */
export const replaceDocument: Operation<ReplaceDocumentArgs, ReplacedDocument> = operation('memory.replaceDocument')

/** Removes a document with its sections, and forgets the idempotency key of its content. */
export const removeDocument: Operation<
  DocumentKey & { readonly idempotency: DocumentKeying | null },
  { readonly removed: boolean; readonly sections: number }
> = operation('memory.removeDocument')

export const getDocument: Operation<DocumentKey, DocumentRecord | null> = query('memory.getDocument')

/** Documents below a folder, by path in byte order, after a path. */
export const listDocuments: Operation<
  {
    readonly tenant: string
    readonly namespace: string
    /** Without its last slash; null for all of the namespace. */
    readonly folder: string | null
    readonly afterPath: string | null
    readonly limit: number
  },
  readonly DocumentRecord[]
> = query('memory.listDocuments')
