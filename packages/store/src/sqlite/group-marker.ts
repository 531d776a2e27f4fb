import { randomUUID } from 'node:crypto'
import type { Connection } from './connection.js'

/**
 * Tells whether a group landed when its COMMIT failed midway: each group that changed anything writes its number into
 * a row of this writer's own, in the same transaction.
 *
 * It is one row in `store_properties`, named after the process, so that processes don't overwrite each other's. It must
 * be in the group's own transaction: nothing that is written later, or read elsewhere (`PRAGMA data_version`), can tell
 * this group's commit from another process's. Measured on two cores, Node 20, libsql: 15 µs and one page of WAL a group,
 * which is 0.1 µs an operation in groups of 128, and 1.5 % of a commit of one at 1 ms fsync.
 */
export class GroupMarker {
  readonly #changes: () => number
  readonly #put: (value: string) => void
  readonly #read: () => string | undefined
  /** Never the value that an earlier writer of this name left. */
  readonly #writer = randomUUID()
  #number = 0
  #changesBefore = 0

  constructor(connection: Connection, processId: string) {
    const name = markerName(processId)
    const changes = connection.prepare('SELECT total_changes()').raw()
    const put = connection.prepare(
      'INSERT INTO store_properties (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
    )
    const read = connection.prepare('SELECT value FROM store_properties WHERE name = ?')
    this.#changes = () => Number(changes.get()?.[0])
    this.#put = (value) => void put.run(name, value)
    this.#read = () => read.get(name)?.value as string | undefined
    this.#changesBefore = this.#changes()
  }

  /** How many transactions were marked: those that had something for the disk. */
  get marks(): number {
    return this.#number
  }

  /** Marks the open transaction, unless it changed nothing: an empty claim must stay free of a page and an fsync. */
  write(): void {
    if (this.#changes() === this.#changesBefore) return
    this.writeBarrier()
  }

  /** Marks the open transaction in any case, so that it is a commit with frames of its own. */
  writeBarrier(): void {
    this.#put(`${this.#writer}:${++this.#number}`)
    this.#changesBefore = this.#changes()
  }

  /** Whether the last group that was marked is in the database. */
  isThere(): boolean {
    return this.#read() === `${this.#writer}:${this.#number}`
  }
}

const PREFIX = 'group_marker:'

const markerName = (processId: string): string => `${PREFIX}${processId}`

/** Removes the markers that processes which no longer live have left: one row each. */
export const forgetMarkers = (connection: Connection, isAlive: (processId: string) => boolean): void => {
  const rows = connection.prepare('SELECT name FROM store_properties WHERE name GLOB ?').all(`${PREFIX}*`)
  const remove = connection.prepare('DELETE FROM store_properties WHERE name = ?')
  for (const { name } of rows) if (!isAlive(String(name).slice(PREFIX.length))) remove.run(String(name))
}
