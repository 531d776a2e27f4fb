import { operation, query, type Operation } from '@holdfast/store'

export interface SectionRecord {
  readonly namespace: string
  readonly key: string
  /** The document it was cut from; null for a text remembered on its own. */
  readonly documentPath: string | null
  readonly headingTrail: string
  readonly text: string
  readonly contentHash: string
  /** JSON text; null for none. */
  readonly metadata: string | null
  readonly version: number
  readonly createdAtMs: number
  readonly updatedAtMs: number
}

export interface RememberArgs {
  readonly tenant: string
  readonly namespace: string
  readonly key: string
  readonly headingTrail: string
  readonly text: string
  readonly contentHash: string
  readonly metadata: string | null
  /** The version that the caller read, 0 for "not there yet"; null to write over whatever is there. */
  readonly expectedVersion: number | null
  readonly nowMs: number
}

export interface SectionKey {
  readonly tenant: string
  readonly namespace: string
  readonly key: string
}

/**
 * Stores one text under its key; the same text again changes nothing. Refused: `memory.version_conflict`,
 * `memory.owned_by_document` (the key is a section of a document: replace the document).
 */
export const remember: Operation<RememberArgs, { readonly version: number; readonly changed: boolean }> =
  operation('memory.remember')

/** Removes one text, from the full-text index as well. Refused: `memory.owned_by_document`. */
export const forget: Operation<SectionKey, { readonly forgotten: boolean }> = operation('memory.forget')

export const getSection: Operation<SectionKey, SectionRecord | null> = query('memory.get')
