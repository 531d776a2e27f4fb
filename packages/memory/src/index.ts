// What users call
export {
  MAX_SEARCH_LIMIT,
  MAX_SECTIONS,
  Memory,
  SEARCH_LIMIT,
  type MemoryOptions,
  type Section,
  type SectionInput,
} from './memory.js'

// The operations behind it
export { forget, getSection, remember, type RememberArgs, type SectionKey, type SectionRecord } from './sections.js'
export {
  getDocument,
  listDocuments,
  removeDocument,
  replaceDocument,
  type DocumentKey,
  type DocumentKeying,
  type DocumentRecord,
  type NewSection,
  type ReplaceDocumentArgs,
  type ReplacedDocument,
} from './documents.js'
export { matchExpression, searchSections, type SearchArgs, type SearchHit } from './search.js'

// Errors
export { DuplicateSectionKeyError, MemoryVersionConflictError, OwnedByDocumentError } from './errors.js'
