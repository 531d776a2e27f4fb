import { type Table, getTableColumns } from 'drizzle-orm'
import type { RefusalCode } from '../refusal-code.js'

/**
 * One reason to refuse a change, in SQL that both databases read alike. A rule that comes out as NULL refuses nothing:
 * NOT NULL and CHECK have the last word on what a row may be.
 */
export interface Rule {
  readonly code: RefusalCode
  /** Over OLD and NEW alone, so that the database decides most changes without running a trigger's body. */
  readonly when: string
  /** Over other rows as well, asked only where `when` is true. */
  readonly and?: string
}

/** Every rule about one kind of change of one table: the first that applies names the refusal. */
export interface Guard {
  readonly table: string
  readonly event: 'insert' | 'update' | 'delete'
  readonly rules: readonly Rule[]
}

/** For rules that only other rows can decide. */
export const ALWAYS = 'true'

type Columns<T extends Table> = T['_']['columns']

/** Names in the database of all columns but the ones given, so that a new column is covered until somebody frees it. */
export const columnsExcept = <T extends Table>(table: T, free: readonly (keyof Columns<T> & string)[]): string[] =>
  Object.entries(getTableColumns(table))
    .filter(([key]) => !(free as readonly string[]).includes(key))
    .map(([, column]) => column.name)

/** True when any of the columns changes. NULL is a value here. */
export const anyChanged = (columns: readonly string[]): string =>
  columns.map((column) => `OLD.${column} is distinct from NEW.${column}`).join('\n      or ')

/** A column that points at a row which may be deleted under it. */
export interface Link {
  readonly column: string
  readonly target: string
}

/** True when a link changes to anything but NULL. */
export const anyLinkMoved = (links: readonly Link[]): string =>
  links
    .map(({ column }) => `(OLD.${column} is distinct from NEW.${column} and NEW.${column} is not null)`)
    .join('\n      or ')

/** True when a link is let go: what a foreign-key action does. */
export const anyLinkDropped = (links: readonly Link[]): string =>
  links.map(({ column }) => `(OLD.${column} is not null and NEW.${column} is null)`).join('\n      or ')

/** True when a link is let go although the row it points at is still there: no foreign-key action did this. */
export const anyLinkDroppedByHand = (links: readonly Link[]): string =>
  links
    .map(
      ({ column, target }) =>
        `(NEW.${column} is null and exists (select 1 from ${target} target where target.seq = OLD.${column}))`,
    )
    .join('\n      or ')

/**
 * The rules of a row that nothing may change any more, wherever `frozen` is true. Its links alone may become NULL,
 * when the rows they point at are deleted, with all else unchanged.
 */
export const frozenButLinks = (
  code: RefusalCode,
  frozen: string,
  table: Table,
  links: readonly Link[],
): readonly [Rule, Rule] => {
  const linkColumns = links.map(({ column }) => column)
  const others = columnsExcept(table, []).filter((column) => !linkColumns.includes(column))
  return [
    {
      code,
      when: `${frozen} and (
      not (${anyLinkDropped(links)})
      or ${anyLinkMoved(links)}
      or ${anyChanged(others)}
    )`,
    },
    {
      code,
      when: `${frozen} and (
      ${anyLinkDropped(links)}
    )`,
      and: `(
      ${anyLinkDroppedByHand(links)}
    )`,
    },
  ]
}
