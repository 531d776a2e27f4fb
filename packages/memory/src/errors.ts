import { defineError, type ErrorClass } from '@holdfast/store'

const final = { retryable: false }

/** The text was changed by somebody else since it was read. `details`: `version`, `expectedVersion`. */
export const MemoryVersionConflictError: ErrorClass<'memory.version_conflict'> = defineError(
  'MemoryVersionConflictError',
  'memory.version_conflict',
  final,
)

/** The key belongs to a document's section: replace or remove the document. `details`: `documentPath`. */
export const OwnedByDocumentError: ErrorClass<'memory.owned_by_document'> = defineError(
  'OwnedByDocumentError',
  'memory.owned_by_document',
  final,
)

/** A document names one section key twice, or one that another text has. `details`: `key`. */
export const DuplicateSectionKeyError: ErrorClass<'memory.duplicate_key'> = defineError(
  'DuplicateSectionKeyError',
  'memory.duplicate_key',
  final,
)
