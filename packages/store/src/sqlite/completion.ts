import { type SQL, sql } from 'drizzle-orm'
import { refusalOf } from '../errors.js'
import { complete, completeAll, type CompleteArgs, type Completed, type CompletedBatch } from '../leases.js'
import { granted, type Verdict } from '../operation.js'
import type { SqliteDatabase } from './connection.js'
import { isGroupFatal, toStoreError } from './database-errors.js'
import { isPlainText } from './driver/parameters.js'
import { LEASE_CLEARED } from './lease-columns.js'
import { SETTLED_BY_LEASE, UNDER_LEASE } from './lease-guard.js'
import { preparedLeaseRefusal } from './lease-refusal.js'
import { batched, oneStatement, type SqliteBinding } from './module.js'
import { preparedChange, preparedRows } from './prepared.js'
import { together } from './together.js'

const p = sql.placeholder

/** The end of an item, with its result. */
const completeItems = (result: SQL, encoding: SQL, nowMs: SQL): SQL => sql`
  update work_items
  set state = 'completed', reason = 'completed', settle_token = work_items.fencing_token, ${LEASE_CLEARED},
    result = ${result}, result_encoding = ${encoding}, error = null,
    finished_at_ms = ${nowMs}, updated_at_ms = ${nowMs}`

const COMPLETE = sql`${completeItems(sql`${p('result')}`, sql`${p('encoding')}`, sql`${p('nowMs')}`)}
  where ${UNDER_LEASE}`

const COMPLETED_BEFORE = sql`
  select seq from work_items
  where ${SETTLED_BY_LEASE} and state = 'completed'
    and result = ${p('result')} and result_encoding = ${p('encoding')}`

/** {@link COMPLETE} for a whole batch, with the same guard for each row. */
const COMPLETE_ALL = sql`${completeItems(sql`done.result`, sql`done.encoding`, sql`done.at`)}
  from (
    select value ->> 0 as tenant, value ->> 1 as id, value ->> 2 as token, value ->> 3 as result, value ->> 4 as encoding,
      value ->> 5 as at
    from json_each(${p('completions')})
  ) as done
  where work_items.tenant = done.tenant and work_items.id = done.id
    and work_items.state = 'running' and work_items.fencing_token = done.token`

const preparedCompletion = (db: SqliteDatabase): ((args: CompleteArgs) => Verdict<Completed>) => {
  const update = preparedChange(db, COMPLETE)
  const completedBefore = preparedRows<{ seq: number }>(db, COMPLETED_BEFORE)
  const refuse = preparedLeaseRefusal(db)
  return ({ result, nowMs, ...lease }) => {
    const values = { ...lease, result: result.data, encoding: result.encoding, nowMs }
    if (update(values) === 1) return granted({ state: 'completed' as const, duplicate: false })
    if (completedBefore(values).length === 1) return granted({ state: 'completed' as const, duplicate: true })
    return refuse(lease)
  }
}

/** Text that is the same after its way through JSON: any other is left to the statement that refuses it by name. */
const isPlain = ({ tenant, workItemId, result }: CompleteArgs): boolean =>
  isPlainText(tenant) && isPlainText(workItemId) && isPlainText(result.data) && isPlainText(result.encoding)

/** Completes a batch; false, and nothing is left of it, when one of them needs an answer of its own. */
const preparedBatch = (db: SqliteDatabase): ((completions: readonly CompleteArgs[]) => boolean) => {
  const update = preparedChange(db, COMPLETE_ALL)
  return (completions) => {
    if (!completions.every(isPlain)) return false
    const rows = completions.map(({ tenant, workItemId, fencingToken, result: { data, encoding }, nowMs }) => [
      tenant,
      workItemId,
      fencingToken,
      data,
      encoding,
      nowMs,
    ])
    return together(db, () => update({ completions: JSON.stringify(rows) }) === rows.length)
  }
}

const completeBinding = batched(oneStatement(complete, preparedCompletion), (db) => {
  const completeTogether = preparedBatch(db)
  return (calls) =>
    completeTogether(calls) ? calls.map(() => granted({ state: 'completed' as const, duplicate: false })) : undefined
})

// Without a savepoint around it: the batch has one of its own, and alone each completion is one statement.
const completeAllBinding = oneStatement(completeAll, (db) => {
  const completeTogether = preparedBatch(db)
  const completeAlone = preparedCompletion(db)
  const attempt = (args: CompleteArgs): Verdict<Completed> => {
    try {
      return completeAlone(args)
    } catch (error) {
      if (isGroupFatal(error)) throw error
      return { ok: false, refusal: refusalOf(toStoreError(error)) }
    }
  }
  return ({ completions, nowMs }) => {
    const duplicates: number[] = []
    const refusals: CompletedBatch['refusals'][number][] = []
    const calls = completions.map((completion) => ({ ...completion, nowMs }))
    if (completeTogether(calls)) return granted({ duplicates, refusals })
    calls.forEach((call, index) => {
      const verdict = attempt(call)
      if (!verdict.ok) refusals.push({ index, refusal: verdict.refusal })
      else if (verdict.value.duplicate) duplicates.push(index)
    })
    return granted({ duplicates, refusals })
  }
})

export const completionBindings: readonly SqliteBinding[] = [completeBinding, completeAllBinding]
