import { z } from '@hono/zod-openapi'
import { MAX_NAME_LENGTH, PAGE_LIMIT } from '@holdfast/store'

/** The most rows of a page. One row more is read, to know whether there is a next page. */
export const MAX_LIST_LIMIT = 200

/** `{id}` of a path. */
export const idParams: z.ZodObject<{ id: z.ZodString }> = z.object({ id: z.string().min(1).max(MAX_NAME_LENGTH) })

const wholeNumber = (least: number, most: number) => z.coerce.number().int().min(least).max(most)

/** `limit` of a list. */
export const limitParam: z.ZodType<number> = wholeNumber(1, MAX_LIST_LIMIT).default(PAGE_LIMIT)
/** `cursor` of a list: the `nextCursor` of the page before. */
export const cursorParam: z.ZodType<string | undefined> = z.string().max(64).optional()
/** `after` of a journal: the last position that the caller has. */
export const afterParam: z.ZodType<number | undefined> = wholeNumber(0, Number.MAX_SAFE_INTEGER).optional()
