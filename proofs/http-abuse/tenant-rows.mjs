import { openDatabase } from '@holdfast/store/sqlite'

/** How the rows of a table are known to be a tenant's, by the first of these columns that it has. */
const OWNED_BY = {
  tenant: 'tenant = ?',
  work_item_seq: 'work_item_seq IN (SELECT seq FROM work_items WHERE tenant = ?)',
  checkpoint_seq: 'checkpoint_seq IN (SELECT seq FROM checkpoints WHERE tenant = ?)',
}

/**
 * Every row of one tenant, table by table, by plain SQL. Tables are found in the file, so a new one is covered by itself.
 * No process may have the file open.
 *
 * @param {string} file
 * @param {string} tenant
 * @returns {Record<string, string[]>}
 */
export const rowsOfTenant = (file, tenant) =>
  withRows(file, (rows) =>
    Object.fromEntries(
      ownedTables(rows).map(([table, where]) => [
        table,
        rows(`SELECT * FROM ${table} WHERE ${where}`, tenant)
          .map((row) => JSON.stringify(row))
          .sort(),
      ]),
    ),
  )

/** The tenants that have rows in a file. */
export const tenantsOf = (file) =>
  withRows(file, (rows) => {
    const tables = ownedTables(rows).filter(([, where]) => where === OWNED_BY.tenant)
    const found = tables.flatMap(([table]) => rows(`SELECT DISTINCT tenant FROM ${table}`).map(({ tenant }) => tenant))
    return [...new Set(found)].sort()
  })

const ownedTables = (rows) =>
  rows(`SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name`).flatMap(({ name }) => {
    const columns = rows(`SELECT name FROM pragma_table_info('${name}')`).map((column) => column.name)
    const owner = Object.keys(OWNED_BY).find((column) => columns.includes(column))
    return owner === undefined ? [] : [[name, OWNED_BY[owner]]]
  })

const withRows = (file, use) => {
  const connection = openDatabase({ path: file, role: 'reader' })
  try {
    return use((sql, ...values) => connection.prepare(sql).all(...values))
  } finally {
    connection.close()
  }
}
