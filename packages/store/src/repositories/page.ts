import { MAX_PAGE_LIMIT, PAGE_LIMIT } from '../defaults.js'
import { checkInteger } from '../input.js'

/** How many rows a page may have: 1 to {@link MAX_PAGE_LIMIT}. */
export const pageLimit = (limit: number = PAGE_LIMIT): number => checkInteger('limit', limit, 1, MAX_PAGE_LIMIT)
