import { RequestRefusedError } from './problem.js'

/** Where the next page of a list begins. Opaque to clients, so that what orders a list may change. */
export const cursorOf = (position: number): string => Buffer.from(`after ${position}`).toString('base64url')

/**
 * Where a cursor points; undefined for the first page, which has none.
 *
 * @throws {RequestRefusedError} `input.invalid`: this API didn't make it.
 */
export const positionOf = (cursor: string | undefined): number | undefined => {
  if (cursor === undefined) return undefined
  const digits = /^after (\d{1,15})$/.exec(Buffer.from(cursor, 'base64url').toString('latin1'))?.[1]
  if (digits === undefined) {
    throw new RequestRefusedError('input.invalid', 'cursor must be the nextCursor of an earlier page', {
      issues: [{ path: ['cursor'], message: 'not a cursor of this API' }],
    })
  }
  return Number(digits)
}

/** One page out of `limit + 1` rows: the extra one only tells that there is a next page. */
export const pageOf = <Row>(
  rows: readonly Row[],
  limit: number,
  position: (row: Row) => number,
): { readonly rows: readonly Row[]; readonly nextCursor: string | null } => {
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  return { rows: page, nextCursor: rows.length > limit && last !== undefined ? cursorOf(position(last)) : null }
}
