import { checkInteger, checkName, LEASE_MS, MAX_ATTEMPTS, MAX_LEASE_MS, type FailurePolicy } from '@holdfast/store'
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { DEFAULT_RETRY, type RetryPolicy } from './backoff.js'
import { ConfigInvalidError } from './errors.js'
import type { TaskContext } from './task-context.js'

/** Marks definitions across copies of this module: a user's tasks may load another instance than the worker. */
const TASK_DEFINITION = Symbol.for('holdfast.taskDefinition')

declare const types: unique symbol

/** What a task is asked with: what its input schema accepts; anything where it has none. */
export type SubmittedInput<Schema> = Schema extends StandardSchemaV1 ? StandardSchemaV1.InferInput<Schema> : unknown
/** What the handler receives: what its input schema makes of it. */
export type ParsedInput<Schema> = Schema extends StandardSchemaV1 ? StandardSchemaV1.InferOutput<Schema> : unknown
/** What the handler may return, now or later: what its output schema accepts; anything where it has none. */
export type Returnable<Schema> = Schema extends StandardSchemaV1
  ? StandardSchemaV1.InferInput<Schema> | Promise<StandardSchemaV1.InferInput<Schema>>
  : unknown
/** What is stored as the result. */
export type StoredOutput<Schema, Returned> = Schema extends StandardSchemaV1
  ? StandardSchemaV1.InferOutput<Schema>
  : Awaited<Returned>

export interface TaskOptions<
  Input extends StandardSchemaV1 | undefined = undefined,
  Output extends StandardSchemaV1 | undefined = undefined,
> {
  /** Standard Schemas: zod, valibot, arktype and others. Checked at submission, and again when the item runs. */
  readonly input?: Input
  readonly output?: Output
  /** The queue its items wait in; its own name by default. */
  readonly queue?: string
  /** Attempts in all: 3 means three. A lease that runs out costs one, a hand-over at shutdown none. */
  readonly maxAttempts?: number
  readonly retry?: Partial<RetryPolicy>
  /** The longest that one attempt may take. */
  readonly timeoutMs?: number
  /** Whether one failed item fails the task (`any`, the default), or only the root item's outcome counts (`root`). */
  readonly failurePolicy?: FailurePolicy
  /** Lease length; heartbeats extend it while the handler runs. */
  readonly leaseMs?: number
}

/** Named code that can be submitted as a task, and spawned as a work item of one. */
export interface TaskDefinition<Submitted = never, Result = unknown> {
  readonly name: string
  readonly input: StandardSchemaV1 | undefined
  readonly output: StandardSchemaV1 | undefined
  readonly queue: string
  readonly maxAttempts: number
  readonly retry: RetryPolicy
  readonly timeoutMs: number | null
  readonly failurePolicy: FailurePolicy
  readonly leaseMs: number
  /** The worker calls it with what the input schema made; submit the task instead of calling it. */
  readonly handler: (ctx: TaskContext, input: unknown) => unknown
  /** Phantom: makes the types part of the definition. */
  readonly [types]?: { readonly submitted: (input: Submitted) => void; readonly result: Result }
}

/** A definition of any input and result. */
export type AnyTaskDefinition = TaskDefinition<never, unknown>

/**
 * Gives a function a name under which it can be submitted, leased, retried and resumed.
 *
 * The handler may run more than once: after a crash it is called again with the same input, and resumes from
 * `ctx.lastCheckpoint()`. The record of it happens once.
 *
 * @throws {ConfigInvalidError} `config.invalid`: an option is out of range.
 * @example
 * const greet = defineTask('greet', { input: z.object({ name: z.string() }) }, async (ctx, { name }) => `hello ${name}`)
 */
export const defineTask = <
  Returned extends Returnable<Output>,
  Input extends StandardSchemaV1 | undefined = undefined,
  Output extends StandardSchemaV1 | undefined = undefined,
>(
  name: string,
  options: TaskOptions<Input, Output>,
  handler: (ctx: TaskContext, input: ParsedInput<Input>) => Returned,
): TaskDefinition<SubmittedInput<Input>, StoredOutput<Output, Returned>> => {
  const definition = {
    name,
    input: options.input,
    output: options.output,
    queue: options.queue ?? name,
    maxAttempts: options.maxAttempts ?? MAX_ATTEMPTS,
    retry: { ...DEFAULT_RETRY, ...options.retry },
    timeoutMs: options.timeoutMs ?? null,
    failurePolicy: options.failurePolicy ?? 'any',
    leaseMs: options.leaseMs ?? LEASE_MS,
    // The worker hands over what the schema made of the input, which is what this handler was declared to take.
    handler: handler as TaskDefinition['handler'],
  }
  check(definition)
  Object.defineProperty(definition, TASK_DEFINITION, { value: true })
  return Object.freeze(definition)
}

/** True for what {@link defineTask} made, in any copy of this module. */
export const isTaskDefinition = (value: unknown): value is AnyTaskDefinition =>
  typeof value === 'object' && value !== null && TASK_DEFINITION in value

const MAX_TIMEOUT_MS = 2_147_483_647 // the longest that a timer of the event loop can wait

const check = (definition: AnyTaskDefinition): void => {
  const { name, queue, maxAttempts, leaseMs, timeoutMs, retry } = definition
  try {
    checkName('name', name)
    checkName('queue', queue)
    checkInteger('maxAttempts', maxAttempts, 1, 1_000_000)
    checkInteger('leaseMs', leaseMs, 1, MAX_LEASE_MS)
    if (timeoutMs !== null) checkInteger('timeoutMs', timeoutMs, 1, MAX_TIMEOUT_MS)
    checkInteger('retry.baseMs', retry.baseMs, 0, MAX_TIMEOUT_MS)
    checkInteger('retry.capMs', retry.capMs, 0, MAX_TIMEOUT_MS)
    if (!(retry.factor >= 1)) throw new RangeError(`retry.factor must be 1 or more, not ${retry.factor}`)
  } catch (cause) {
    throw new ConfigInvalidError(`task definition ${String(name)}: ${(cause as Error).message}`, { name }, { cause })
  }
}
