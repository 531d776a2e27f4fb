import { StoreError, type ErrorClass, type RefusalDetails } from '@holdfast/store'

/** Marks our classes across copies of this module: a user's tasks may load another instance than the worker. */
const NON_RETRYABLE = Symbol.for('holdfast.nonRetryable')

/**
 * Throw it from a handler to fail the item for good, whatever attempts are left.
 *
 * @example throw new NonRetryableError('this account does not exist', { code: 'account.missing' })
 */
export class NonRetryableError extends Error {
  readonly code: string

  constructor(message: string, options: { readonly code?: string; readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'NonRetryableError'
    this.code = options.code ?? 'task.non_retryable'
    Object.defineProperty(this, NON_RETRYABLE, { value: true })
  }
}

/** True for a {@link NonRetryableError} of any copy of this module. */
export const isNonRetryable = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && NON_RETRYABLE in error

const codes: string[] = ['task.non_retryable']

const defineError = <Code extends string>(name: string, code: Code, retryable = false): ErrorClass<Code> => {
  codes.push(code)
  return class extends StoreError {
    static readonly code = code
    declare readonly code: Code
    constructor(message: string, details: RefusalDetails = {}, options: { readonly cause?: unknown } = {}) {
      super(code, message, details, { retryable, ...options })
      this.name = name
    }
  }
}

/** Every code that the engine adds to the store's. A test provokes each. */
export const engineErrorCodes = (): readonly string[] => [...codes].sort()

// Configuration

/** A setting or the config file says something that can't be meant. `details`: `path` or `name`. */
export const ConfigInvalidError: ErrorClass<'config.invalid'> = defineError('ConfigInvalidError', 'config.invalid')
/** There is no config file where one was asked for. `details`: `path`. */
export const ConfigNotFoundError: ErrorClass<'config.not_found'> = defineError(
  'ConfigNotFoundError',
  'config.not_found',
)

// What a handler is given and gives back

/** The input doesn't fit the definition's schema. It never will: not retried. */
export const InvalidTaskInputError: ErrorClass<'task.invalid_input'> = defineError(
  'InvalidTaskInputError',
  'task.invalid_input',
)
/** The handler's result doesn't fit its schema, or is not JSON, or is too large. Not retried. */
export const InvalidTaskOutputError: ErrorClass<'task.invalid_output'> = defineError(
  'InvalidTaskOutputError',
  'task.invalid_output',
)

// Reasons of an aborted signal (a lost lease carries the store's own LeaseLostError or LeaseExpiredError)

/** Somebody cancelled the task while this item ran. */
export const CancelledError: ErrorClass<'work_item.cancelled'> = defineError('CancelledError', 'work_item.cancelled')
/** The attempt took longer than `timeoutMs`. Retried while attempts are left. */
export const TimeoutError: ErrorClass<'work_item.timeout'> = defineError('TimeoutError', 'work_item.timeout', true)
/** The item's deadline has passed: its result is no longer wanted. */
export const DeadlineExceededError: ErrorClass<'work_item.deadline_exceeded'> = defineError(
  'DeadlineExceededError',
  'work_item.deadline_exceeded',
)
/** The worker stops. The item goes back to the queue and keeps its attempt. */
export const ShutdownError: ErrorClass<'worker.shutdown'> = defineError('ShutdownError', 'worker.shutdown', true)
