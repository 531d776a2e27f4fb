/** Something that wants a person's eye, and what to do about it. */
export interface Finding {
  /** Stable; `docs/doctor.md` has a line for each. */
  readonly code: FindingCode
  /** `problem`: a promise is at stake or work is stuck. `notice`: worth knowing. */
  readonly severity: 'problem' | 'notice'
  readonly message: string
  /** What a person can do or type. */
  readonly fix: string
}

/** Every code that a finding can have. A test provokes each, and another holds `docs/doctor.md` against this list. */
export const FINDING_CODES = [
  'store.corrupt',
  'store.foreign_keys',
  'check.failed',
  'schema.none',
  'schema.behind',
  'schema.ahead',
  'schema.migration_changed',
  'schema.missing',
  'schema.changed',
  'schema.foreign',
  'durability.none',
  'disk.full',
  'disk.tight',
  'wal.large',
  'files.open_to_others',
  'files.foreign_owner',
  'stop.unclean',
  'process.dead',
  'process.silent',
  'lease.unswept',
  'work_item.not_promoted',
  'queue.unattended',
  'task.without_items',
  'clock.ahead',
  'clock.jumping',
  'fencing.floor_damaged',
  'fencing.behind',
  'journal.gap',
  'journal.contradiction',
  'retention.permit_left',
  'sqlite.wal_reset_race',
] as const
export type FindingCode = (typeof FINDING_CODES)[number]
