import { createRequire } from 'node:module'

const Libsql = createRequire(import.meta.url)('libsql')

/**
 * Notes what the store asks of SQLite: every statement of libsql connections in this process, with its parameters and
 * its first row, from `start()` to `stop()`. It stands between the store and the library, so whatever the store sends
 * is what is noted, however it came to be sent.
 */
export const recordStatements = () => {
  let log
  const prepare = Libsql.prototype.prepare
  const exec = Libsql.prototype.exec
  Libsql.prototype.prepare = function (sql) {
    const statement = prepare.call(this, sql)
    const all = statement.all
    statement.all = (params) => {
      const rows = all.call(statement, params)
      log?.push({ sql, params: [...params], found: rows.length, cells: cellsOf(rows[0]) })
      return rows
    }
    const get = statement.get
    statement.get = (params) => {
      const row = get.call(statement, params)
      log?.push({ sql, params: [...params], found: row ? 1 : 0, cells: cellsOf(row) })
      return row
    }
    const run = statement.run
    statement.run = (params) => {
      const answer = run.call(statement, params)
      log?.push({ sql, params: [...params], found: answer.changes, cells: rowidOf(sql, answer) })
      return answer
    }
    return statement
  }
  Libsql.prototype.exec = function (sql) {
    exec.call(this, sql)
    log?.push({ sql, control: true })
  }
  return {
    start: () => {
      log = []
    },
    stop: () => {
      const recorded = log
      log = undefined
      return recorded
    },
  }
}

/** Columns by their number, as values of `[column, value]`. */
const cellsOf = (row = []) => Object.values(row).map((value, column) => [column, value])

/** The one thing that an INSERT without RETURNING gives. */
const rowidOf = (sql, { changes, lastInsertRowid }) =>
  /^\s*insert\b/i.test(sql) && changes > 0 ? [[ROWID, lastInsertRowid]] : []

/** Stands for the row's id where a column's number is asked; `limit.c` knows it too. */
const ROWID = -1
