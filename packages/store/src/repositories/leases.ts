import { LEASE_MS, MAX_BATCH, PAGE_LIMIT } from '../defaults.js'
import { AlreadyTerminalError, errorOf, InvalidInputError, InvariantError } from '../errors.js'
import { checkInteger, checkName } from '../input.js'
import {
  claim,
  complete,
  completeAll,
  fail,
  heartbeat,
  leasesOfProcess,
  leaseStatus,
  peek,
  release,
  startLeases,
  type CompleteAllArgs,
  type CompleteArgs,
  type Completed,
  type CompletedBatch,
  type FailArgs,
  type Failed,
  type Lease,
  type LeaseAnswer,
  type LeaseStatus,
  type Peek,
  type ReleaseArgs,
} from '../leases.js'
import type { Verdict } from '../operation.js'
import { getWorkItem, type LeaseRef } from '../work-items.js'
import { decode, encode, tenantOf, type RepositoryContext, type TenantOption } from './context.js'
import { checkLease, checkOneOf, checkPage, checkTime, failureText } from './edge.js'
import { leaseRefOf } from './lease-ref.js'
import { storedTwin } from './same-payload.js'

/** A lease with its item's input decoded. */
export type HeldLease = Omit<Lease, 'input'> & { readonly input: unknown }

export interface Claim extends TenantOption {
  /** Who claims, for people to read: never proof of anything. */
  readonly owner: string
  readonly queue?: string
  readonly queues?: readonly string[]
  /** Only this task's items, whatever their queue. */
  readonly taskId?: string
  /** Instead of the one tenant: all of these, taken in turn. */
  readonly tenants?: readonly string[]
  /** Items to take, 1 to 1,000. Default 1. */
  readonly limit?: number
  /** Lease length without a heartbeat, in milliseconds. Default 30 s. */
  readonly leaseMs?: number
  /** Default: the process of this store. */
  readonly processId?: string | null
  /** True to claim without beginning: such items cost no attempt until `start`. */
  readonly ahead?: boolean
  /** Which queue comes first: count up for fairness. */
  readonly rotation?: number
}

export interface FailOptions {
  /** When to try again, while attempts are left. Without it the item fails for good. */
  readonly retryAtMs?: number
}

export interface ReleaseOptions {
  /** `ahead_returned` for an item that was claimed ahead and never begun. */
  readonly reason?: ReleaseArgs['reason']
  /** Not claimable before then. */
  readonly visibleAtMs?: number
}

export type Released = { readonly state: 'pending' | 'scheduled' }

/**
 * The right to work on an item, and every write that it takes to prove it. A write under a lease that somebody
 * revoked is refused with `lease.lost`; of a lease that ended the item itself, with `work_item.already_terminal`.
 */
export class Leases {
  constructor(private readonly context: RepositoryContext) {}

  /**
   * Leases up to `limit` pending items to `owner`, and counts an attempt of each. Two callers never receive the same
   * item. A crash after this call delays the item by at most `leaseMs` plus one sweep.
   *
   * @returns In claim order (priority, then age) within each queue; empty when nothing is pending.
   * @throws {InvalidInputError} `input.invalid`
   */
  async claim(request: Claim): Promise<readonly HeldLease[]> {
    const { context } = this
    const leases = await context.submits.submit(claim, {
      tenants: this.#tenantsOf(request),
      queues: queuesOf(request),
      taskId: request.taskId === undefined ? null : checkName('taskId', request.taskId),
      owner: checkName('owner', request.owner),
      processId: processOf(request.processId === undefined ? context.processId : request.processId),
      limit: checkInteger('limit', request.limit ?? 1, 1, MAX_BATCH),
      leaseMs: checkLease(request.leaseMs ?? LEASE_MS),
      ahead: request.ahead ?? false,
      rotation: checkInteger('rotation', request.rotation ?? 0, 0, Number.MAX_SAFE_INTEGER),
      nowMs: context.clock.nowMs(),
    })
    return leases.map((lease) => ({ ...lease, input: decode(context, lease.input) }))
  }

  /**
   * Looks whether a claim of these queues would find something, without writing or taking a lock: about 10 µs.
   *
   * @throws {InvalidInputError} `input.invalid`
   */
  async peek(request: Pick<Claim, 'tenant' | 'tenants' | 'queue' | 'queues'>): Promise<Peek> {
    return this.context.submits.submit(peek, { tenants: this.#tenantsOf(request), queues: queuesOf(request) })
  }

  /** Begins an item that was claimed ahead: from here on its attempt counts. @throws as `complete`. */
  async start(lease: LeaseRef): Promise<void> {
    only(await this.startAll([lease]))
  }

  /** One answer per lease, in order. */
  async startAll(leases: readonly LeaseRef[]): Promise<readonly LeaseAnswer[]> {
    const nowMs = this.context.clock.nowMs()
    return inBatches(leases, (batch) => this.context.submits.submit(startLeases, { leases: batch, nowMs }))
  }

  /**
   * Extends a lease, and nothing else.
   *
   * @returns When it runs out now.
   * @throws {LeaseExpiredError} `lease.expired`: it ran out before this heartbeat.
   * @throws as `complete`.
   */
  async heartbeat(lease: LeaseRef, { leaseMs = LEASE_MS }: { readonly leaseMs?: number } = {}): Promise<number> {
    const { leaseExpiresAtMs } = only(await this.heartbeatAll([lease], { leaseMs }))
    if (leaseExpiresAtMs === null) throw new InvariantError('a granted heartbeat has an expiry')
    return leaseExpiresAtMs
  }

  /**
   * One answer per lease, in order; a lost one says nothing about its neighbours.
   *
   * @param options.isLive True where the caller knows, by a clock that never jumps, that less than `leaseMs` has passed since
   * these leases were claimed or extended: a wall clock that was set forwards then ends none of them. Default false.
   */
  async heartbeatAll(
    leases: readonly LeaseRef[],
    options: { readonly leaseMs?: number; readonly isLive?: boolean } = {},
  ): Promise<readonly LeaseAnswer[]> {
    const nowMs = this.context.clock.nowMs()
    const leaseMs = checkLease(options.leaseMs ?? LEASE_MS)
    const { isLive = false } = options
    return inBatches(leases, (batch) =>
      this.context.submits.submit(heartbeat, { leases: batch, leaseMs, isLive, nowMs }),
    )
  }

  /**
   * Ends an item with its result. The first terminal state wins. Accepted after expiry as long as nobody revoked the
   * lease, and again with the same result.
   *
   * @throws {LeaseLostError} `lease.lost`: somebody else may own the item. Stop working on it.
   * @throws {AlreadyTerminalError} `work_item.already_terminal`: this lease ended the item before, differently.
   * @throws {WorkItemNotFoundError} `work_item.not_found`
   * @throws {PayloadTooLargeError} `input.too_large`
   */
  async complete(lease: LeaseRef, result: unknown = null): Promise<Completed> {
    const [verdict] = await this.completeAll([{ lease, result }])
    if (!verdict) throw new InvariantError('one completion has one verdict')
    if (!verdict.ok) throw errorOf(verdict.refusal)
    return verdict.value
  }

  /** One verdict each, in order. */
  async completeAll(
    completions: readonly { readonly lease: LeaseRef; readonly result: unknown }[],
  ): Promise<readonly Verdict<Completed>[]> {
    const { submits } = this.context
    const args = completions.map((each) => this.#completion(each))
    const verdicts = await this.#completeArgs(args)
    if (verdicts.every(({ ok }) => ok)) return verdicts
    return Promise.all(
      verdicts.map(async (verdict, index) => {
        const sent = args[index]
        if (verdict.ok || verdict.refusal.code !== AlreadyTerminalError.code || !sent) return verdict
        const repeated = await this.#asStored(sent)
        if (!repeated) return verdict
        const [again] = await submits.submitAll(complete, [repeated])
        return again ?? verdict
      }),
    )
  }

  /**
   * Ends this attempt: back to the queue at `retryAtMs` while attempts are left, `failed` otherwise.
   *
   * @param error An Error, or an object with a `code` and a `message`.
   * @throws as `complete`.
   */
  async fail(lease: LeaseRef, error: unknown, options: FailOptions = {}): Promise<Failed> {
    return this.context.submits.submit(fail, this.#failure({ lease, error, ...options }))
  }

  /** One verdict each, in order. */
  async failAll(
    failures: readonly ({ readonly lease: LeaseRef; readonly error: unknown } & FailOptions)[],
  ): Promise<readonly Verdict<Failed>[]> {
    return this.context.submits.submitAll(
      fail,
      failures.map((each) => this.#failure(each)),
    )
  }

  /** Hands an item back without burning an attempt. @throws as `complete`. */
  async release(lease: LeaseRef, options: ReleaseOptions = {}): Promise<Released> {
    return this.context.submits.submit(release, this.#handBack({ lease, ...options }))
  }

  /** One verdict each, in order. */
  async releaseAll(
    releases: readonly ({ readonly lease: LeaseRef } & ReleaseOptions)[],
  ): Promise<readonly Verdict<Released>[]> {
    return this.context.submits.submitAll(
      release,
      releases.map((each) => this.#handBack(each)),
    )
  }

  /** Who holds an item, and until when; undefined when there is no such item. */
  async status(workItemId: string, options: TenantOption = {}): Promise<LeaseStatus | undefined> {
    const status = await this.context.submits.submit(leaseStatus, {
      tenant: tenantOf(this.context, options),
      workItemId: checkName('workItemId', workItemId),
      nowMs: this.context.clock.nowMs(),
    })
    return status ?? undefined
  }

  /** The leases that a process holds, oldest item first, across tenants. Page by the last one's `seq`. */
  async ofProcess(
    processId: string,
    { afterSeq, limit = PAGE_LIMIT }: { readonly afterSeq?: number; readonly limit?: number } = {},
  ): Promise<readonly (LeaseRef & { seq: number; leaseExpiresAtMs: number; isAhead: boolean })[]> {
    return this.context.submits.submit(leasesOfProcess, {
      processId: checkName('processId', processId),
      afterSeq: afterSeq === undefined ? null : checkInteger('afterSeq', afterSeq, 0, Number.MAX_SAFE_INTEGER),
      limit: checkPage(limit),
    })
  }

  #tenantsOf({ tenant, tenants }: Pick<Claim, 'tenant' | 'tenants'>): readonly string[] {
    if (tenants === undefined) return [tenantOf(this.context, tenant === undefined ? {} : { tenant })]
    if (tenant !== undefined) throw new InvalidInputError('give tenant or tenants, not both', { name: 'tenants' })
    return checkNames('tenants', tenants)
  }

  /** The completion with the bytes of the result that is stored, when both say the same; see {@link storedTwin}. */
  /** In batches, which the database ends by one statement each. */
  async #completeArgs(args: readonly CompleteArgs[]): Promise<readonly Verdict<Completed>[]> {
    const { submits } = this.context
    if (args.length < 2) return submits.submitAll(complete, args)
    const batches: CompleteAllArgs[] = []
    for (let at = 0; at < args.length; at += COMPLETION_BATCH)
      batches.push(batchOf(args.slice(at, at + COMPLETION_BATCH)))
    const answers = await submits.submitAll(completeAll, batches)
    return answers.flatMap((answer, batch) => verdictsOf(answer, batches[batch]?.completions.length ?? 0))
  }

  async #asStored(args: CompleteArgs): Promise<CompleteArgs | undefined> {
    const known = await this.context.submits.submit(getWorkItem, { tenant: args.tenant, id: args.workItemId })
    const result = storedTwin(this.context, args.result, known?.result)
    return result && { ...args, result }
  }

  #completion({ lease, result }: { lease: LeaseRef; result: unknown }): CompleteArgs {
    return { ...leaseRefOf(lease), result: encode(this.context, result), nowMs: this.context.clock.nowMs() }
  }

  #failure({ lease, error, retryAtMs }: { lease: LeaseRef; error: unknown } & FailOptions): FailArgs {
    return {
      ...leaseRefOf(lease),
      error: failureText(error),
      retryAtMs: retryAtMs === undefined ? null : checkTime('retryAtMs', retryAtMs),
      nowMs: this.context.clock.nowMs(),
    }
  }

  #handBack({ lease, reason = 'released', visibleAtMs }: { lease: LeaseRef } & ReleaseOptions): ReleaseArgs {
    return {
      ...leaseRefOf(lease),
      reason: checkOneOf('reason', reason, ['released', 'ahead_returned']),
      visibleAtMs: visibleAtMs === undefined ? null : checkTime('visibleAtMs', visibleAtMs),
      nowMs: this.context.clock.nowMs(),
    }
  }
}

const processOf = (processId: string | null): string | null =>
  processId === null ? null : checkName('processId', processId)

const queuesOf = ({ queue, queues, taskId }: Pick<Claim, 'queue' | 'queues' | 'taskId'>): readonly string[] => {
  if (taskId !== undefined) {
    if (queue === undefined && queues === undefined) return []
    throw new InvalidInputError("a claim of one task takes its items from every queue: don't name one", {
      name: 'queue',
    })
  }
  if ((queue === undefined) === (queues === undefined))
    throw new InvalidInputError('name a queue, several queues or a task to claim from', { name: 'queue' })
  return checkNames('queues', queues ?? (queue === undefined ? [] : [queue]))
}

/** Arms of one claim: each is a statement of its own under the write lock. */
const MAX_NAMES = 100

const checkNames = (name: string, names: readonly string[]): readonly string[] => {
  if (!Array.isArray(names)) throw new InvalidInputError(`${name} is a list of names`, { name })
  checkInteger(`${name}.length`, names.length, 1, MAX_NAMES)
  return [...new Set(names.map((each) => checkName(name, each)))]
}

/** Sends as many leases in a transaction as one may carry; the answers come back in order. */
const inBatches = async (
  leases: readonly LeaseRef[],
  send: (batch: readonly LeaseRef[]) => Promise<readonly LeaseAnswer[]>,
): Promise<readonly LeaseAnswer[]> => {
  const checked = leases.map(leaseRefOf)
  const answers: LeaseAnswer[] = []
  for (let from = 0; from < checked.length; from += MAX_BATCH) {
    answers.push(...(await send(checked.slice(from, from + MAX_BATCH))))
  }
  return answers
}

const only = ([answer]: readonly LeaseAnswer[]): LeaseAnswer => {
  if (!answer) throw new InvariantError('one lease has one answer')
  const { code, message, workItemId, details } = answer
  if (code === null) return answer
  throw errorOf({ code, message: message ?? code, details: { workItemId, ...details } })
}

/** Completions that travel as one operation: enough to share its costs, few enough to fit between others in a group. */
const COMPLETION_BATCH = 128

const batchOf = (args: readonly CompleteArgs[]): CompleteAllArgs => ({
  completions: args.map(({ nowMs: _, ...completion }) => completion),
  nowMs: args[0]?.nowMs ?? 0,
})

const COMPLETED: Verdict<Completed> = { ok: true, value: { state: 'completed', duplicate: false } }
const DUPLICATE: Verdict<Completed> = { ok: true, value: { state: 'completed', duplicate: true } }

/** One verdict for each completion of a batch; the batch's own refusal is everybody's. */
const verdictsOf = (answer: Verdict<CompletedBatch>, size: number): readonly Verdict<Completed>[] => {
  if (!answer.ok) return Array.from({ length: size }, () => answer)
  const verdicts = Array.from({ length: size }, (): Verdict<Completed> => COMPLETED)
  for (const index of answer.value.duplicates) verdicts[index] = DUPLICATE
  for (const { index, refusal } of answer.value.refusals) verdicts[index] = { ok: false, refusal }
  return verdicts
}
