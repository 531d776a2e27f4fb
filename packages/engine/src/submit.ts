import type { EngineStore } from './engine-store.js'
import { InvalidTaskInputError } from './errors.js'
import { validate } from './schema.js'
import type { AnyTaskDefinition, TaskDefinition } from './task-definition.js'

export interface SubmitOptions {
  readonly tenant?: string
  /** Made by the caller before its first try, so that a repeated submission adds nothing. */
  readonly id?: string
  /** Larger first. */
  readonly priority?: number
  readonly visibleAtMs?: number
  readonly delayMs?: number
  readonly deadlineAtMs?: number
  readonly metadata?: Readonly<Record<string, unknown>>
  /** Where given, key, task and answer are written in one transaction. */
  readonly idempotency?: {
    readonly key: string
    readonly request: unknown
    readonly response: unknown
    readonly ttlMs?: number
  }
}

export interface SubmittedTaskAnswer {
  readonly taskId: string
  /** False when this id or key was submitted before: nothing was added. */
  readonly created: boolean
  /** The answer stored under the idempotency key, when this call repeats one. */
  readonly replayed: unknown
}

/**
 * Submits a task of `definition`, with the definition's own queue, attempts, timeout and failure policy.
 *
 * @throws {InvalidTaskInputError} `task.invalid_input`: the input doesn't fit the schema; nothing was written.
 * @example
 * const { taskId } = await submitTask(store, greet, { name: 'Ada' })
 */
export const submitTask = <Submitted>(
  store: Pick<EngineStore, 'tasks'>,
  definition: TaskDefinition<Submitted, unknown>,
  input: NoInfer<Submitted>,
  options: SubmitOptions = {},
): Promise<SubmittedTaskAnswer> => submitUnknown(store, definition, input, options)

/** As {@link submitTask}, for an input that came from outside and has no type yet. */
export const submitUnknown = async (
  store: Pick<EngineStore, 'tasks'>,
  definition: AnyTaskDefinition,
  input: unknown,
  { tenant, ...options }: SubmitOptions = {},
): Promise<SubmittedTaskAnswer> => {
  const checked = await validate(definition.input, input)
  if (!checked.ok)
    throw new InvalidTaskInputError(`input of ${definition.name}: ${checked.issues}`, { type: definition.name })
  return store.tasks.submit(
    {
      type: definition.name,
      queue: definition.queue,
      // As it was given: the schema runs again, and transforms, where the item runs.
      input,
      maxAttempts: definition.maxAttempts,
      failurePolicy: definition.failurePolicy,
      ...(definition.timeoutMs === null ? {} : { timeoutMs: definition.timeoutMs }),
      ...options,
    },
    tenant === undefined ? {} : { tenant },
  )
}
