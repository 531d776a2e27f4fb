import { StoreError } from '@holdfast/store'
import { STACK_CHARACTERS } from './defaults.js'
import { isNonRetryable } from './errors.js'

/** Why an item failed, as it is stored and shown. */
export interface Failure {
  /** The error's own `code` where it has one, so that callers can branch on it; `error` otherwise, as in the store. */
  readonly code: string
  readonly message: string
  readonly stack?: string
}

const UNCODED = 'error'

/** What a handler threw, as data. Anything can be thrown; nothing that was thrown may break this. */
export const failureOf = (thrown: unknown): Failure => {
  if (!(thrown instanceof Error) && !isErrorLike(thrown)) return { code: UNCODED, message: textOf(thrown) }
  const { message, stack } = thrown
  const code = (thrown as { code?: unknown }).code
  return {
    code: typeof code === 'string' && code !== '' ? clean(code) : UNCODED,
    message: clean(String(message)),
    ...(typeof stack === 'string' ? { stack: clean(stack.slice(0, STACK_CHARACTERS)) } : {}),
  }
}

/** Whether another attempt may end otherwise: any error's may, unless it says no, or the same input brings it again. */
export const isRetryable = (thrown: unknown): boolean =>
  !isNonRetryable(thrown) && !(thrown instanceof StoreError && FINAL_CODES.has(thrown.code))

/** Refusals that the same input meets again, whoever runs it. */
const FINAL_CODES: ReadonlySet<string> = new Set([
  'task.invalid_input',
  'task.invalid_output',
  'task.unknown_type',
  'work_item.conflict',
  'work_item.deadline_exceeded',
  'input.invalid',
  'input.invalid_text',
  'input.too_large',
  'checkpoint.too_large',
  'idempotency.conflict',
])

const isErrorLike = (thrown: unknown): thrown is Error =>
  typeof thrown === 'object' && thrown !== null && typeof (thrown as { message?: unknown }).message === 'string'

const textOf = (thrown: unknown): string => {
  if (typeof thrown === 'string') return clean(thrown)
  try {
    return clean(JSON.stringify(thrown) ?? String(thrown))
  } catch {
    // A cycle, or a toJSON that throws: its kind is all that can be said.
    return Object.prototype.toString.call(thrown)
  }
}

/** No engine can store a NUL or half a surrogate pair, and a failure must be storable whatever it says. */
const clean = (text: string): string =>
  (text as unknown as { toWellFormed(): string }).toWellFormed().replaceAll('\u0000', '\uFFFD')
