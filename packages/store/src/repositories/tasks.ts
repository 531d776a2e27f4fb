import type { FailurePolicy, TaskState } from '@holdfast/schema'
import { FAILURE_POLICIES, TASK_STATES } from '@holdfast/schema'
import { IDEMPOTENCY_TTL_MS, MAX_BATCH, PAGE_LIMIT } from '../defaults.js'
import { TaskConflictError, TaskNotFoundError } from '../errors.js'
import { checkInteger, checkName } from '../input.js'
import { requestHash } from '../request-hash.js'
import {
  cancelTask,
  getTask,
  listTasks,
  submitTask,
  type CancelledTask,
  type SubmittedTask,
  type SubmitTaskArgs,
  type TaskRecord,
} from '../tasks.js'
import { getWorkItem } from '../work-items.js'
import { decode, encode, tenantOf, type RepositoryContext, type TenantOption } from './context.js'
import { checkOneOf, checkPage, MAX_TIME_MS, metadataText } from './edge.js'
import { newWorkItem, type NewItem } from './new-item.js'
import { storedTwin } from './same-payload.js'

/** A task as callers see it: payloads as values. */
export interface Task extends Omit<TaskRecord, 'metadata' | 'result' | 'error'> {
  readonly metadata: unknown
  /** The root item's result; undefined until the task has ended, and when it has none. */
  readonly result: unknown
  /** `{ code, message, … }` of what failed the task. */
  readonly error: unknown
}

export interface SubmitTask extends NewItem {
  /** Made by the caller before its first try, so that a repeated submit adds nothing. Made here otherwise. */
  readonly id?: string
  /** Default `any`: one failed item fails the task. */
  readonly failurePolicy?: FailurePolicy
  readonly metadata?: unknown
  readonly idempotency?: {
    readonly key: string
    /** What the key stands for; its canonical JSON is hashed. */
    readonly request: unknown
    /** The answer that every repeat gets. */
    readonly response: unknown
    /** How long the key is kept, in milliseconds. Default 24 h. */
    readonly ttlMs?: number
  }
}

export interface Submitted {
  /** The task that was added, or that the id or the key stands for; once that was deleted, the id asked for. */
  readonly taskId: string
  /** False when this id, or this key with the same request, was submitted before: nothing was added. */
  readonly created: boolean
  /** The response of the first submit under the key, when this one repeats it. */
  readonly replayed: unknown
}

export interface ListTasks extends TenantOption {
  readonly state?: TaskState
  readonly type?: string
  /** Tasks older than this `seq`: the last of the page before. */
  readonly beforeSeq?: number
  /** 1 to 500, default 50. */
  readonly limit?: number
  /** False for a page without results, which read as undefined. True unless said otherwise. */
  readonly payloads?: boolean
}

/** Submissions, from the first write of a task to its last. */
export class Tasks {
  constructor(private readonly context: RepositoryContext) {}

  /**
   * Adds a task and its root item, whose id is the task's own: once per id, and once per idempotency key. Key, task
   * and answer are written in one transaction.
   *
   * @throws {TaskConflictError} `task.conflict`: the id exists with another type, queue or input.
   * @throws {IdempotencyConflictError} `idempotency.conflict`: the key was used for another request.
   * @throws {IdempotencyInProgressError} `idempotency.in_progress`: another caller holds the key under a lease.
   * @throws `input.invalid`, `input.invalid_text`, `input.too_large`: nothing was written.
   */
  async submit(task: SubmitTask, options: TenantOption = {}): Promise<Submitted> {
    const { context } = this
    const nowMs = context.clock.nowMs()
    const args: SubmitTaskArgs = {
      tenant: tenantOf(context, options),
      failurePolicy: checkOneOf('failurePolicy', task.failurePolicy ?? 'any', FAILURE_POLICIES),
      metadata: metadataText(task.metadata),
      item: newWorkItem(context, task, checkName('id', task.id ?? context.ids()), nowMs),
      idempotency: task.idempotency ? await this.#key(task.idempotency, nowMs) : null,
      nowMs,
    }
    const { taskId, created, replayed } = await this.#submit(args)
    return { taskId, created, replayed: replayed ? decode(context, replayed) : undefined }
  }

  async get(id: string, options: TenantOption = {}): Promise<Task | undefined> {
    const args = { tenant: tenantOf(this.context, options), id: checkName('id', id) }
    const record = await this.context.submits.submit(getTask, args)
    return record ? this.#task(record) : undefined
  }

  /** @throws {TaskNotFoundError} `task.not_found` */
  async require(id: string, options: TenantOption = {}): Promise<Task> {
    const task = await this.get(id, options)
    if (!task) throw new TaskNotFoundError(`there is no task ${id}`, { taskId: id })
    return task
  }

  /** Newest first. */
  async list(request: ListTasks = {}): Promise<readonly Task[]> {
    const { state, type, beforeSeq, limit = PAGE_LIMIT, payloads = true, ...options } = request
    const records = await this.context.submits.submit(listTasks, {
      tenant: tenantOf(this.context, options),
      state: state === undefined ? null : checkOneOf('state', state, TASK_STATES),
      type: type === undefined ? null : checkName('type', type),
      beforeSeq: beforeSeq === undefined ? null : checkInteger('beforeSeq', beforeSeq, 0, Number.MAX_SAFE_INTEGER),
      limit: checkPage(limit),
      payloads,
    })
    return records.map((record) => this.#task(record))
  }

  /**
   * Cancels every open item of a task, in steps of a bounded size, and so the task. After a crash between two steps
   * the sweep goes on. From the first step on the task takes no new items.
   *
   * @throws {TaskNotFoundError} `task.not_found`
   * @throws {TaskFrozenError} `task.already_terminal`
   */
  async cancel(id: string, options: TenantOption = {}): Promise<Pick<CancelledTask, 'state' | 'cancelled'>> {
    const tenant = tenantOf(this.context, options)
    checkName('id', id)
    let cancelled = 0
    for (;;) {
      const nowMs = this.context.clock.nowMs()
      const step = await this.context.submits.submit(cancelTask, { tenant, id, limit: MAX_BATCH, nowMs })
      cancelled += step.cancelled
      if (!step.remaining) return { state: step.state, cancelled }
    }
  }

  async #submit(args: SubmitTaskArgs): Promise<SubmittedTask> {
    const { submits } = this.context
    try {
      return await submits.submit(submitTask, args)
    } catch (error) {
      if (!(error instanceof TaskConflictError)) throw error
      const { tenant, item } = args
      const known = await submits.submit(getWorkItem, { tenant, id: item.id })
      const input = storedTwin(this.context, item.input, known?.input)
      if (!input) throw error
      return submits.submit(submitTask, { ...args, item: { ...item, input } })
    }
  }

  async #key(
    { key, request, response, ttlMs = IDEMPOTENCY_TTL_MS }: NonNullable<SubmitTask['idempotency']>,
    nowMs: number,
  ): Promise<NonNullable<SubmitTaskArgs['idempotency']>> {
    return {
      key: checkName('idempotency.key', key),
      requestHash: await requestHash(request),
      response: encode(this.context, response),
      expiresAtMs: nowMs + checkInteger('idempotency.ttlMs', ttlMs, 1, MAX_TIME_MS),
    }
  }

  #task({ metadata, result, error, ...record }: TaskRecord): Task {
    return {
      ...record,
      metadata: metadata === null ? undefined : JSON.parse(metadata),
      result: result ? decode(this.context, result) : undefined,
      error: error === null ? undefined : JSON.parse(error),
    }
  }
}
