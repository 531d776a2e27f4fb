import { check, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { isOneOf } from '../predicates.js'
import { PERMIT_KINDS } from '../retention.js'

/**
 * Leave to delete one protected row. Put and removed in the transaction that deletes: the triggers look for it, and
 * outside such a transaction the table is empty.
 */
export const retentionPermits = sqliteTable(
  'retention_permits',
  { kind: text('kind', { enum: PERMIT_KINDS }).notNull(), rowSeq: integer('row_seq').notNull() },
  (t) => [
    primaryKey({ name: 'retention_permits_pk', columns: [t.kind, t.rowSeq] }),
    check('retention_permits_kind', isOneOf(t.kind, PERMIT_KINDS)),
  ],
)
