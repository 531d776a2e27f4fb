import { examine, openDatabase, type Finding } from '@holdfast/store/sqlite'

export interface ItemRow {
  readonly id: string
  readonly isRoot: number
  readonly state: string
  readonly path: string | null
  readonly code: string | null
}

export interface SectionRow {
  readonly path: string
  readonly version: number
  readonly headingTrail: string
  readonly text: string
  readonly level: number
  readonly line: number
}

/** What a database file holds when all processes are gone, by plain SQL: no repository stands in between. */
export class Ledger {
  constructor(private readonly path: string) {}

  tasks(): readonly { readonly id: string; readonly state: string }[] {
    return this.#rows('SELECT id, state FROM tasks ORDER BY seq')
  }

  items(taskId: string): readonly ItemRow[] {
    return this.#rows(
      `SELECT i.id, i.is_root AS isRoot, i.state, i.input ->> 'path' AS path, i.error ->> 'code' AS code
       FROM work_items AS i JOIN tasks AS t ON t.seq = i.task_seq WHERE t.id = ? ORDER BY i.seq`,
      taskId,
    )
  }

  sections(namespace: string): readonly SectionRow[] {
    return this.#rows(
      `SELECT d.path, d.version, s.heading_trail AS headingTrail, s.text,
              s.metadata ->> 'level' AS level, s.metadata ->> 'line' AS line
       FROM documents AS d JOIN sections AS s ON s.document_seq = d.seq
       WHERE d.namespace = ? ORDER BY d.path, line`,
      namespace,
    )
  }

  documents(namespace: string): readonly { readonly path: string; readonly version: number }[] {
    return this.#rows('SELECT path, version FROM documents WHERE namespace = ? ORDER BY path', namespace)
  }

  /** Items whose journal has a gap, doesn't begin at 1, or ends elsewhere than their counter says. */
  brokenJournals(): readonly unknown[] {
    return this.#rows(
      `SELECT i.id, min(e.position) AS first, max(e.position) AS last, count(e.position) AS rows, s.event_position AS counted
       FROM work_items AS i
       JOIN work_item_streams AS s ON s.work_item_seq = i.seq
       LEFT JOIN events AS e ON e.work_item_seq = i.seq
       GROUP BY i.seq HAVING first IS NOT 1 OR last <> rows OR last <> counted`,
    )
  }

  /** Items that ended more than once, or never, by their journal. */
  notEndedOnce(): readonly unknown[] {
    return this.#rows(
      `SELECT i.id, i.state, count(e.position) AS endings
       FROM work_items AS i
       LEFT JOIN events AS e
         ON e.work_item_seq = i.seq AND e.type IN ('item.completed', 'item.failed', 'item.cancelled')
       GROUP BY i.seq HAVING endings <> 1`,
    )
  }

  /** How often the sweep took an item back from a dead process. */
  takenBack(): number {
    const [row] = this.#rows<{ readonly count: number }>(
      `SELECT count(*) AS count FROM events WHERE type = 'lease.expired' AND data ->> 'reason' = 'process_dead'`,
    )
    return row?.count ?? 0
  }

  /** What a full examination calls a problem: damage, orphans, permits left, leases that nobody takes back. */
  problems(): readonly Finding[] {
    const { findings } = examine({ path: this.path, full: true })
    return findings.filter(({ severity }) => severity === 'problem')
  }

  #rows<Row>(sql: string, ...values: readonly string[]): readonly Row[] {
    const connection = openDatabase({ path: this.path, role: 'reader' })
    try {
      return connection.prepare(sql).all(...values) as unknown as readonly Row[] // as each statement selects it
    } finally {
      connection.close()
    }
  }
}
