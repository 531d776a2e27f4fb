import { WORK_STATES, type WorkState } from '@holdfast/schema'
import { storedJson } from '../codec.js'
import { MAX_BATCH, PAGE_LIMIT } from '../defaults.js'
import { InvalidInputError, WorkItemConflictError, WorkItemNotFoundError } from '../errors.js'
import { childId } from '../ids.js'
import { checkInteger, checkName } from '../input.js'
import {
  countWorkItems,
  getWorkItem,
  listWorkItems,
  spawnWorkItems,
  type LeaseRef,
  type NewWorkItem,
  type WorkItemCounts,
  type WorkItemRecord,
} from '../work-items.js'
import { decode, tenantOf, type RepositoryContext, type TenantOption } from './context.js'
import { checkOneOf, checkPage } from './edge.js'
import { leaseRefOf } from './lease-ref.js'
import { newWorkItem, type NewItem } from './new-item.js'
import { storedTwin } from './same-payload.js'

/** A work item as callers see it: payloads as values. */
export interface WorkItem extends Omit<WorkItemRecord, 'input' | 'result' | 'error'> {
  readonly input: unknown
  /** Undefined unless the item is `completed`. */
  readonly result: unknown
  /** `{ code, message, … }` of the last failure. */
  readonly error: unknown
}

/** Batches of a fan-out that may share a commit, and with it the pages that they all change. */
const BATCHES_UNDER_WAY = 4
const ITEMS_UNDER_WAY = BATCHES_UNDER_WAY * MAX_BATCH

const batchesOf = (items: readonly NewWorkItem[]): readonly (readonly NewWorkItem[])[] => {
  const batches: (readonly NewWorkItem[])[] = []
  for (let from = 0; from < items.length; from += MAX_BATCH) batches.push(items.slice(from, from + MAX_BATCH))
  return batches
}

/** An item of a fan-out. Named by `key`, it has the same id however often its parent runs again. */
export interface SpawnItem extends NewItem {
  readonly key?: string
  readonly id?: string
}

export interface ListWorkItems extends TenantOption {
  readonly taskId: string
  readonly state?: WorkState
  /** Items newer than this `seq`: the last of the page before. */
  readonly afterSeq?: number
  /** 1 to 500, default 50. */
  readonly limit?: number
  /** False for a page without inputs and results, which read as null and undefined. True unless said otherwise. */
  readonly payloads?: boolean
}

interface SpawnArgs {
  readonly parent: LeaseRef
  readonly items: readonly NewWorkItem[]
  readonly nowMs: number
}

/** The leased calls that a task is made of. */
export class WorkItems {
  constructor(private readonly context: RepositoryContext) {}

  async get(id: string, options: TenantOption = {}): Promise<WorkItem | undefined> {
    const args = { tenant: tenantOf(this.context, options), id: checkName('id', id) }
    const record = await this.context.submits.submit(getWorkItem, args)
    return record ? this.#workItem(record) : undefined
  }

  /** @throws {WorkItemNotFoundError} `work_item.not_found` */
  async require(id: string, options: TenantOption = {}): Promise<WorkItem> {
    const item = await this.get(id, options)
    if (!item) throw new WorkItemNotFoundError(`there is no work item ${id}`, { workItemId: id })
    return item
  }

  /** A task's items, oldest first. Of a task that isn't there, none. */
  async list(request: ListWorkItems): Promise<readonly WorkItem[]> {
    const { taskId, state, afterSeq, limit = PAGE_LIMIT, payloads = true } = request
    const records = await this.context.submits.submit(listWorkItems, {
      tenant: tenantOf(this.context, request),
      taskId: checkName('taskId', taskId),
      state: state === undefined ? null : checkOneOf('state', state, WORK_STATES),
      afterSeq: afterSeq === undefined ? null : checkInteger('afterSeq', afterSeq, 0, Number.MAX_SAFE_INTEGER),
      limit: checkPage(limit),
      payloads,
    })
    return records.map((record) => this.#workItem(record))
  }

  /**
   * How many items of a task are in each state.
   *
   * @throws {TaskNotFoundError} `task.not_found`
   */
  async count(taskId: string, options: TenantOption = {}): Promise<WorkItemCounts> {
    const args = { tenant: tenantOf(this.context, options), taskId: checkName('taskId', taskId) }
    return this.context.submits.submit(countWorkItems, args)
  }

  /**
   * Adds items to the task of an item under lease, 1,000 in a transaction. An item whose id is there already is left
   * as it is, so a fan-out that a crash cut short simply runs again.
   *
   * @returns How many were added by this call.
   * @throws {LeaseLostError} `lease.lost`
   * @throws {WorkItemConflictError} `work_item.conflict`: an id is there with another task, type, queue or input. Its
   * transaction added nothing.
   * @throws {TaskNotActiveError} `task.not_active`: the task is being cancelled.
   */
  async spawn(lease: LeaseRef, items: readonly SpawnItem[]): Promise<{ readonly created: number }> {
    const parent = leaseRefOf(lease)
    const nowMs = this.context.clock.nowMs()
    if (!Array.isArray(items)) throw new InvalidInputError('items is a list of what to add')
    const checked = items.map((item: SpawnItem) => newWorkItem(this.context, item, this.#idOf(item, parent), nowMs))
    let created = 0
    for (let from = 0; from < checked.length; from += ITEMS_UNDER_WAY) {
      const batches = batchesOf(checked.slice(from, from + ITEMS_UNDER_WAY))
      const answers = await Promise.allSettled(batches.map((batch) => this.#spawn({ parent, items: batch, nowMs })))
      for (const answer of answers) {
        if (answer.status === 'rejected') throw answer.reason
        created += answer.value
      }
    }
    return { created }
  }

  async #spawn(args: SpawnArgs): Promise<number> {
    try {
      return (await this.context.submits.submit(spawnWorkItems, args)).created
    } catch (error) {
      if (!(error instanceof WorkItemConflictError)) throw error
      const items = await this.#asStored(args)
      if (!items) throw error
      // Ends: each round takes over the stored bytes of one item at least, which never change.
      return this.#spawn({ ...args, items })
    }
  }

  /** The items with the stored bytes of those that were added before by the same call; undefined when there are none. */
  async #asStored({ parent: { tenant }, items }: SpawnArgs): Promise<readonly NewWorkItem[] | undefined> {
    const { submits } = this.context
    const known = await submits.submitAll(
      getWorkItem,
      items.map(({ id }) => ({ tenant, id })),
    )
    const twins = items.map(({ input }, index) => {
      const found = known[index]
      return found?.ok ? storedTwin(this.context, input, found.value?.input) : undefined
    })
    if (twins.every((twin) => twin === undefined)) return undefined
    return items.map((item, index) => ({ ...item, input: twins[index] ?? item.input }))
  }

  #idOf({ key, id }: SpawnItem, parent: LeaseRef): string {
    if (id !== undefined && key !== undefined)
      throw new InvalidInputError('give an id or a key, not both', { name: 'key' })
    if (key !== undefined) return childId(parent.workItemId, checkName('key', key))
    return checkName('id', id ?? this.context.ids())
  }

  #workItem({ input, result, error, ...record }: WorkItemRecord): WorkItem {
    return {
      ...record,
      input: decode(this.context, input),
      result: result ? decode(this.context, result) : undefined,
      error: error === null ? undefined : storedJson(error),
    }
  }
}
