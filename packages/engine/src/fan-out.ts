import { childId, type LeaseRef } from '@holdfast/store'
import { FAN_OUT_BATCH } from './defaults.js'
import type { EngineStore } from './engine-store.js'
import { InvalidTaskInputError } from './errors.js'
import { validate } from './schema.js'
import type { AnyTaskDefinition, TaskDefinition } from './task-definition.js'
import type { TaskRegistry } from './task-registry.js'

type InputOf<Definition> = Definition extends TaskDefinition<infer Submitted, unknown> ? Submitted : never

interface SpawnTiming {
  /** Names the item under its parent; the same key is the same item. */
  readonly key: string
  /** Larger first. */
  readonly priority?: number
  /** Not before this time. */
  readonly visibleAtMs?: number
  readonly deadlineAtMs?: number
}

/** One item to add to the running task: of a definition, or of a registered one's name (then its input has no type). */
export type SpawnRequest<Definition extends AnyTaskDefinition = AnyTaskDefinition> = SpawnTiming &
  (
    | { readonly task: Definition; readonly input: NoInfer<InputOf<Definition>> }
    | { readonly task: string; readonly input: unknown }
  )

/** Any source of items; an async one is read only as fast as its items are stored. */
export type SpawnRequests<Definition extends AnyTaskDefinition = AnyTaskDefinition> =
  | Iterable<SpawnRequest<Definition>>
  | AsyncIterable<SpawnRequest<Definition>>

export interface Spawned {
  readonly requested: number
  /** Those that weren't there yet. */
  readonly created: number
}

interface FanOutParts {
  readonly store: EngineStoreOfTenant
  readonly registry: TaskRegistry
  readonly lease: LeaseRef
  readonly signal: AbortSignal
}

type EngineStoreOfTenant = Pick<EngineStore, 'workItems'>

/**
 * Adds items under a lease, one transaction per batch: a fan-out of any length neither fills the memory nor holds
 * the write lock for long. It stops between two batches when the signal aborts.
 */
export const spawnAll = async (
  requests: SpawnRequests | SpawnRequest,
  { store, registry, lease, signal }: FanOutParts,
): Promise<Spawned> => {
  let requested = 0
  let created = 0
  for await (const batch of inBatches(isOne(requests) ? [requests] : requests, FAN_OUT_BATCH)) {
    signal.throwIfAborted()
    const items = await Promise.all(batch.map((request) => toItem(request, registry, lease.workItemId)))
    const answer = await store.workItems.spawn(lease, items)
    requested += items.length
    created += answer.created
  }
  return { requested, created }
}

const isOne = (requests: SpawnRequests | SpawnRequest): requests is SpawnRequest => 'task' in requests

async function* inBatches<Item>(
  source: Iterable<Item> | AsyncIterable<Item>,
  size: number,
): AsyncGenerator<readonly Item[]> {
  let batch: Item[] = []
  for await (const item of source) {
    batch.push(item)
    if (batch.length < size) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}

const toItem = async (request: SpawnRequest, registry: TaskRegistry, parentId: string) => {
  const { task, key, input, ...timing } = request
  const definition = typeof task === 'string' ? registry.require(task) : task
  const checked = await validate(definition.input, input)
  if (!checked.ok)
    throw new InvalidTaskInputError(`input of ${definition.name} (key ${key}): ${checked.issues}`, {
      type: definition.name,
      key,
    })
  return {
    id: childId(parentId, key),
    type: definition.name,
    queue: definition.queue,
    // Stored as it was given: the schema runs again, and transforms, where the item runs.
    input,
    maxAttempts: definition.maxAttempts,
    ...(definition.timeoutMs === null ? {} : { timeoutMs: definition.timeoutMs }),
    ...timing,
  }
}
