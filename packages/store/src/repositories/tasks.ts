import type { FailurePolicy, TaskState } from '@holdfast/schema'
import { FAILURE_POLICIES, TASK_STATES } from '@holdfast/schema'
import { storedJson } from '../codec.js'
import { IDEMPOTENCY_TTL_MS, MAX_BATCH, PAGE_LIMIT } from '../defaults.js'
import {
  IdempotencyInProgressError,
  InvariantError,
  refusalOf,
  StoreError,
  TaskConflictError,
  TaskNotFoundError,
} from '../errors.js'
import { checkInteger, checkName } from '../input.js'
import { granted, type Refusal, type Verdict } from '../operation.js'
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
import type { ToldKey } from './key-watch.js'
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

/** Chunks of a bulk submission under way at once: the next is prepared while the store writes the one before. */
const CHUNKS_UNDER_WAY = 2

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
    return this.#submitted(await this.#submit(await this.#argsOf(task, tenantOf(this.context, options))))
  }

  /**
   * Adds many tasks, each as {@link submit} does: once per id, and a refused one says nothing about its neighbours.
   *
   * They are written in order, in transactions of at most 1,000, and no more than two of those wait at a time: a list of
   * any length meets the bounds of the queue. A crash leaves the first ones; who gave ids repeats the call and adds only
   * what is missing.
   *
   * @returns One verdict each, in order. What can't be stored is refused like the rest: `input.invalid`,
   * `input.invalid_text`, `input.too_large`.
   * @throws what the store itself ran into (`store.overloaded`, `store.closed`); what was written before stays.
   */
  async submitAll(tasks: readonly SubmitTask[], options: TenantOption = {}): Promise<readonly Verdict<Submitted>[]> {
    const tenant = tenantOf(this.context, options)
    const verdicts: Verdict<Submitted>[] = []
    const underWay: Promise<readonly Verdict<Submitted>[]>[] = []
    const answerOldest = async (): Promise<void> => {
      for (const verdict of (await underWay.shift()) ?? []) verdicts.push(verdict)
    }
    for (let from = 0; from < tasks.length; from += MAX_BATCH) {
      const chunk = await this.#prepare(tasks.slice(from, from + MAX_BATCH), tenant)
      if (underWay.length === CHUNKS_UNDER_WAY) await answerOldest()
      const sent = this.#submitChunk(chunk)
      // Whoever waits for it hears of its failure; until then it isn't an unhandled one.
      sent.catch(() => {})
      underWay.push(sent)
    }
    while (underWay.length > 0) await answerOldest()
    return verdicts
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

  async #argsOf(task: SubmitTask, tenant: string): Promise<SubmitTaskArgs> {
    const { context } = this
    const nowMs = context.clock.nowMs()
    return {
      tenant,
      failurePolicy: checkOneOf('failurePolicy', task.failurePolicy ?? 'any', FAILURE_POLICIES),
      metadata: metadataText(task.metadata),
      item: newWorkItem(context, task, checkName('id', task.id ?? context.ids()), nowMs),
      idempotency: task.idempotency ? await this.#key(tenant, task.idempotency, nowMs) : null,
      nowMs,
    }
  }

  /** What can be sent, and in the place of what can't its refusal. */
  #prepare(tasks: readonly SubmitTask[], tenant: string): Promise<readonly (SubmitTaskArgs | Verdict<never>)[]> {
    return Promise.all(
      tasks.map((task) =>
        this.#argsOf(task, tenant).catch((error: unknown): Verdict<never> => {
          if (!(error instanceof StoreError)) throw error
          return { ok: false, refusal: refusalOf(error) }
        }),
      ),
    )
  }

  async #submitChunk(chunk: readonly (SubmitTaskArgs | Verdict<never>)[]): Promise<readonly Verdict<Submitted>[]> {
    const sent = chunk.filter((each): each is SubmitTaskArgs => !isVerdict(each))
    const answers = (await this.context.submits.submitAll(submitTask, sent)).values()
    const verdicts: Verdict<Submitted>[] = []
    const repeats: Promise<void>[] = []
    for (const each of chunk) {
      const answer = isVerdict(each) ? each : answers.next().value
      if (!answer) throw new InvariantError('one submission has one verdict')
      if (!isVerdict(each) && !answer.ok) this.#noteHeld(each, answer.refusal)
      const at = verdicts.push(answer.ok ? granted(this.#submitted(answer.value)) : answer) - 1
      if (isVerdict(each) || answer.ok || answer.refusal.code !== TaskConflictError.code) continue
      repeats.push(
        this.#repeated(each).then((verdict) => {
          if (verdict) verdicts[at] = verdict
        }),
      )
    }
    await Promise.all(repeats)
    return verdicts
  }

  /** The answer to a submission that was refused for being another, when it only had the same input in other bytes. */
  async #repeated(args: SubmitTaskArgs): Promise<Verdict<Submitted> | undefined> {
    const repeated = await this.#asStored(args)
    if (!repeated) return undefined
    const [again] = await this.context.submits.submitAll(submitTask, [repeated])
    return again?.ok ? granted(this.#submitted(again.value)) : again
  }

  #submitted({ taskId, created, replayed }: SubmittedTask): Submitted {
    return { taskId, created, replayed: replayed ? decode(this.context, replayed) : undefined }
  }

  async #submit(args: SubmitTaskArgs): Promise<SubmittedTask> {
    const { submits } = this.context
    try {
      return await submits.submit(submitTask, args)
    } catch (error) {
      if (error instanceof StoreError) this.#noteHeld(args, error)
      const repeated = error instanceof TaskConflictError && (await this.#asStored(args))
      if (!repeated) throw error
      return submits.submit(submitTask, repeated)
    }
  }

  /** Somebody works under the key: whether he lives is seen by asking again. */
  #noteHeld({ tenant, idempotency }: SubmitTaskArgs, { code, details }: Pick<Refusal, 'code' | 'details'>): void {
    if (!idempotency || code !== IdempotencyInProgressError.code) return
    this.context.keyWatch.note(tenant, idempotency.key, details as unknown as ToldKey) // as the submission's binding says it
  }

  /** The submission with the bytes of the input that is stored, when both say the same; see {@link storedTwin}. */
  async #asStored(args: SubmitTaskArgs): Promise<SubmitTaskArgs | undefined> {
    const { tenant, item } = args
    const known = await this.context.submits.submit(getWorkItem, { tenant, id: item.id })
    const input = storedTwin(this.context, item.input, known?.input)
    return input && { ...args, item: { ...item, input } }
  }

  async #key(
    tenant: string,
    { key, request, response, ttlMs = IDEMPOTENCY_TTL_MS }: NonNullable<SubmitTask['idempotency']>,
    nowMs: number,
  ): Promise<NonNullable<SubmitTaskArgs['idempotency']>> {
    return {
      key: checkName('idempotency.key', key),
      requestHash: await requestHash(request),
      response: encode(this.context, response),
      expiresAtMs: nowMs + checkInteger('idempotency.ttlMs', ttlMs, 1, MAX_TIME_MS),
      trust: this.context.keyWatch.trust(tenant, key, false),
    }
  }

  #task({ metadata, result, error, ...record }: TaskRecord): Task {
    return {
      ...record,
      metadata: metadata === null ? undefined : storedJson(metadata),
      result: result ? decode(this.context, result) : undefined,
      error: error === null ? undefined : storedJson(error),
    }
  }
}

const isVerdict = (each: SubmitTaskArgs | Verdict<never>): each is Verdict<never> => 'ok' in each
