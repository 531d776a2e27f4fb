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
    for (const method of ['all', 'run']) {
      const call = statement[method]
      statement[method] = (params) => {
        const answer = call.call(statement, params)
        const [row] = method === 'all' ? answer : []
        log?.push({ sql, params: [...params], cells: row === undefined ? undefined : Object.values(row) })
        return answer
      }
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
