const CREATE_TABLE = /^CREATE TABLE `(?:__new_)?(\w+)` \(/

/** Adds STRICT and its like to each table that SQLite statements make, a rebuilt one included. */
export const withTableOptions = (statements, options) =>
  statements.map((statement) => {
    const table = CREATE_TABLE.exec(statement)?.[1]
    if (table === undefined) return statement
    if (!(table in options)) throw new Error(`table ${table} has no table options: name them in table-options.ts`)
    return statement.trimEnd().replace(/\);$/, `) ${options[table]};`)
  })
