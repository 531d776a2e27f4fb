import { check, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'
import { isOneOf } from '../predicates.js'
import { PERMIT_KINDS } from '../retention.js'
import { int8 } from './columns.js'

/**
 * Leave to delete one protected row. Put and removed in the transaction that deletes: the triggers look for it, and
 * outside such a transaction the table is empty.
 */
export const retentionPermits = pgTable(
  'retention_permits',
  { kind: text('kind', { enum: PERMIT_KINDS }).notNull(), rowSeq: int8('row_seq').notNull() },
  (t) => [
    primaryKey({ name: 'retention_permits_pk', columns: [t.kind, t.rowSeq] }),
    check('retention_permits_kind', isOneOf(t.kind, PERMIT_KINDS)),
  ],
)
