import { OperationUnknownError, refusalOf } from '../../errors.js'
import type { Verdict } from '../../operation.js'
import type { Connection } from '../connection.js'
import { toStoreError } from '../database-errors.js'
import type { Submission } from '../group.js'
import { bind, type SqliteBinding } from '../module.js'

/**
 * Runs one read: one autocommit statement, stepped to its end. No transaction is left open behind it, so no reader
 * keeps the WAL from being reset for longer than one statement takes.
 */
export const runRead = (
  connection: Connection,
  table: ReadonlyMap<string, SqliteBinding>,
  { name, args }: Submission,
): Verdict<unknown> => {
  try {
    const binding = table.get(name)
    if (!binding) throw new OperationUnknownError(`the reader has no binding for ${name}`, { operation: name })
    return bind(binding, connection.db)(args)
  } catch (error) {
    return { ok: false, refusal: refusalOf(toStoreError(error)) }
  }
}
