import type { SqliteModule } from '@holdfast/store/sqlite'
import { documentBindings } from './documents.js'
import { searchBindings } from './search.js'
import { sectionBindings } from './sections.js'

/** The memory's operations on SQLite, for `openStore({ modules: [sqlite] })`. */
export const sqlite: SqliteModule = {
  name: 'memory',
  url: import.meta.url,
  bindings: [...sectionBindings, ...documentBindings, ...searchBindings],
}
