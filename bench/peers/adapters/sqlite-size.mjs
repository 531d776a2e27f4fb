/** What a better-sqlite3 or node:sqlite database takes, WAL included, pages that are free again left out. */
export const pagesInUse = (database) => {
  const [pages, free, size] = ['page_count', 'freelist_count', 'page_size'].map(
    (name) => Object.values(database.prepare(`PRAGMA ${name}`).get())[0],
  )
  return (pages - free) * size
}

/** The same of a file that no connection of this process has open. */
export const fileSizeBytes = async (path) => {
  const { default: Database } = await import('better-sqlite3')
  const database = new Database(path)
  try {
    return pagesInUse(database)
  } finally {
    database.close()
  }
}
