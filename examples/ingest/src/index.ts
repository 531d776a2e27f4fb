export { DEFAULT_NAMESPACE, ingest } from './ingest.js'
export { ingestFile, type IngestedFile } from './ingest-file.js'
export { splitMarkdown, type MarkdownSection } from './split.js'
