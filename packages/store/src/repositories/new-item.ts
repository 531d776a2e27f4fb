import { MAX_ATTEMPTS } from '../defaults.js'
import { InvalidInputError } from '../errors.js'
import { checkInteger, checkName } from '../input.js'
import type { NewWorkItem } from '../work-items.js'
import { encode, type RepositoryContext } from './context.js'
import { checkTime, MAX_TIME_MS } from './edge.js'

/** What a caller says of a new work item, at submit or at fan-out. */
export interface NewItem {
  readonly type: string
  readonly input: unknown
  /** Default: the type. */
  readonly queue?: string
  /** Larger first; default 0. */
  readonly priority?: number
  /** Three means three attempts. Default 3. */
  readonly maxAttempts?: number
  /** Not claimable before then (others say `run_at` or `scheduled_at`). Give this or `delayMs`. */
  readonly visibleAtMs?: number
  readonly delayMs?: number
  /** When it fails if it isn't done by then. */
  readonly deadlineAtMs?: number
  /** How long one attempt may take. */
  readonly timeoutMs?: number
}

const MAX_PRIORITY = 2 ** 31 - 1
const MOST_ATTEMPTS = 1_000_000

/**
 * The item as it is stored, checked.
 *
 * @throws `input.invalid`, `input.invalid_text`, `input.too_large`
 */
export const newWorkItem = (context: RepositoryContext, item: NewItem, id: string, nowMs: number): NewWorkItem => ({
  id,
  type: checkName('type', item.type),
  queue: checkName('queue', item.queue ?? item.type),
  priority: checkInteger('priority', item.priority ?? 0, -MAX_PRIORITY, MAX_PRIORITY),
  input: encode(context, item.input),
  maxAttempts: checkInteger('maxAttempts', item.maxAttempts ?? MAX_ATTEMPTS, 1, MOST_ATTEMPTS),
  visibleAtMs: visibleAt(item, nowMs),
  deadlineAtMs: item.deadlineAtMs === undefined ? null : checkTime('deadlineAtMs', item.deadlineAtMs),
  timeoutMs: item.timeoutMs === undefined ? null : checkInteger('timeoutMs', item.timeoutMs, 1, MAX_TIME_MS),
})

const visibleAt = ({ visibleAtMs, delayMs }: NewItem, nowMs: number): number => {
  if (visibleAtMs !== undefined && delayMs !== undefined)
    throw new InvalidInputError('give visibleAtMs or delayMs, not both', { name: 'visibleAtMs' })
  if (delayMs !== undefined) return nowMs + checkInteger('delayMs', delayMs, 0, MAX_TIME_MS - nowMs)
  return visibleAtMs === undefined ? nowMs : checkTime('visibleAtMs', visibleAtMs)
}
