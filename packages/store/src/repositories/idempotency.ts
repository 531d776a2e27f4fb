import {
  checkOrCreateKey,
  completeKey,
  countKeys,
  failKey,
  forgetKey,
  getKey,
  heartbeatKey,
  type KeyRecord,
  type KeyRef,
} from '../idempotency.js'
import { storedJson } from '../codec.js'
import { IDEMPOTENCY_LEASE_MS, IDEMPOTENCY_TTL_MS } from '../defaults.js'
import { IdempotencyCompletedError, IdempotencyInProgressError } from '../errors.js'
import { checkInteger, checkName } from '../input.js'
import { requestHash } from '../request-hash.js'
import type { LeaseRef } from '../work-items.js'
import { decode, encode, tenantOf, type RepositoryContext, type TenantOption } from './context.js'
import { checkLease, failureText, MAX_TIME_MS } from './edge.js'
import { storedTwin } from './same-payload.js'

export interface CheckOrCreate extends TenantOption {
  /** What is asked for. Its canonical JSON is hashed; member order doesn't matter. */
  readonly request: unknown
  /** Who asks, for people to read. Under a `lease` the attempt is the owner, whatever is said here. */
  readonly owner?: string
  readonly leaseMs?: number
  /** How long the answer is kept. */
  readonly ttlMs?: number
  /** What the key was used for, where it was. */
  readonly taskId?: string
  readonly workItemId?: string
  /**
   * The lease under which the caller works on `workItemId`, which it names. An earlier attempt of that item can't be at
   * the key any more, so what it left pending is taken over at once.
   */
  readonly lease?: LeaseRef
  /**
   * True where the caller asks again until it is answered. Then an owner whose lease ran out is taken for gone only once
   * this store has been open for a third of that lease: whoever starts just after the wall clock was set can't see that
   * it was. False: it is believed at once, so that a program that asks once and ends gets through.
   */
  readonly isPatient?: boolean
}

/**
 * `created`, `taken_over`: the caller holds the key and must execute, then `complete` or `fail` with `ref`.
 * `completed`: the answer is here. `in_progress`: somebody alive is at it.
 */
export type KeyClaim =
  | { readonly outcome: 'created' | 'taken_over'; readonly ref: KeyRef; readonly leaseExpiresAtMs: number }
  | { readonly outcome: 'completed'; readonly response: unknown; readonly finishedAtMs: number }
  | { readonly outcome: 'in_progress'; readonly owner: string; readonly leaseExpiresAtMs: number }

export interface KeyEntry extends Omit<KeyRecord, 'response' | 'error'> {
  /** Undefined while there is none; `null` is an answer. */
  readonly response: unknown
  readonly error: unknown
}

/**
 * One key and one request: one execution at a time, one answer, byte-equal for everybody who asks again.
 *
 * ```
 *   (none) ──checkOrCreate──▶ pending ──complete──▶ completed ──expires──▶ (as none)
 *                             ▲  │ ▲
 *             lease ran out ──┘  │ └── checkOrCreate, token + 1
 *                                └──fail──▶ failed ──┘
 * ```
 * A crash of the owner leaves `pending` until its death is noticed, its item is leased anew, or its lease on the key runs
 * out; then the next caller takes over, and the token keeps a late answer of the first one out.
 *
 * Somebody may set the wall clock, by which leases run out. A store that sees it jump gives a living owner the time for a
 * heartbeat before it takes over, and takes over what stood for longer than its lease although the clock was set back.
 */
export class IdempotencyKeys {
  constructor(private readonly context: RepositoryContext) {}

  /**
   * Takes the key for this request, or says what became of it.
   *
   * @throws {IdempotencyConflictError} `idempotency.conflict`: the key stands for another request, answered or not.
   * @throws `task.not_found`, `work_item.not_found`: what the key is said to be used for.
   */
  async checkOrCreate(key: string, options: CheckOrCreate): Promise<KeyClaim> {
    const { leaseMs = IDEMPOTENCY_LEASE_MS, ttlMs = IDEMPOTENCY_TTL_MS } = options
    const { lease } = options
    const { submits, clock, keyWatch } = this.context
    const tenant = tenantOf(this.context, lease && options.tenant === undefined ? { tenant: lease.tenant } : options)
    const hash = await requestHash(options.request)
    const nowMs = clock.nowMs()
    const claim = await submits.submit(checkOrCreateKey, {
      tenant,
      key: checkName('key', key),
      requestHash: hash,
      owner: checkName('owner', options.owner ?? this.context.processId ?? 'unnamed'),
      processId: this.context.processId,
      leaseMs: checkLease(leaseMs),
      ttlMs: checkTtl(ttlMs),
      taskId: options.taskId ?? null,
      workItemId: options.workItemId ?? options.lease?.workItemId ?? null,
      workItemToken: options.lease?.fencingToken ?? null,
      ...keyWatch.trust(tenant, key, options.isPatient ?? false),
      nowMs,
    })
    if (claim.outcome === 'in_progress') keyWatch.note(tenant, key, claim)
    else keyWatch.forget(tenant, key)
    switch (claim.outcome) {
      case 'completed':
        return { ...claim, response: decode(this.context, claim.response) }
      case 'in_progress': {
        const { outcome, owner, leaseExpiresAtMs } = claim
        return { outcome, owner, leaseExpiresAtMs }
      }
      default: {
        const { outcome, fencingToken, leaseExpiresAtMs } = claim
        return { outcome, ref: { tenant, key, fencingToken }, leaseExpiresAtMs }
      }
    }
  }

  /**
   * Stores the answer. The first one stands; the same one again from the same holder is a duplicate.
   *
   * @throws {IdempotencyLostError} `idempotency.lost`: somebody took the key over. What was executed was executed
   * twice, and the other answer counts.
   * @throws `idempotency.already_completed`, `idempotency.not_found`, `input.too_large`
   */
  async complete(ref: KeyRef, response: unknown): Promise<{ readonly duplicate: boolean }> {
    const { submits, clock } = this.context
    const args = { ...keyRefOf(ref), response: encode(this.context, response), nowMs: clock.nowMs() }
    try {
      return await submits.submit(completeKey, args)
    } catch (error) {
      if (!(error instanceof IdempotencyCompletedError)) throw error
      const known = await submits.submit(getKey, { tenant: args.tenant, key: args.key })
      const stored = storedTwin(this.context, args.response, known?.response)
      if (!stored) throw error
      return submits.submit(completeKey, { ...args, response: stored })
    }
  }

  /** Gives the key up: the next caller with this request takes it over. Refused as {@link complete}. */
  async fail(ref: KeyRef, error: unknown): Promise<void> {
    const nowMs = this.context.clock.nowMs()
    await this.context.submits.submit(failKey, { ...keyRefOf(ref), error: failureText(error), nowMs })
  }

  /**
   * Extends the lease of a key that is worked on, while it has not run out. Refused as {@link complete}.
   *
   * @param options.isLive True where the caller knows, by a clock that never jumps, that less than `leaseMs` has passed since it
   * took or extended the key: a wall clock that was set forwards then doesn't end it. Default false.
   */
  async heartbeat(
    ref: KeyRef,
    options: { readonly leaseMs?: number; readonly isLive?: boolean } = {},
  ): Promise<number> {
    const { leaseMs = IDEMPOTENCY_LEASE_MS, isLive = false } = options
    const { leaseExpiresAtMs } = await this.context.submits.submit(heartbeatKey, {
      ...keyRefOf(ref),
      leaseMs: checkLease(leaseMs),
      isLive,
      nowMs: this.context.clock.nowMs(),
    })
    return leaseExpiresAtMs
  }

  /** Removes the key, whatever its state, so that its effect may run again. */
  async forget(key: string, options: TenantOption = {}): Promise<{ readonly forgotten: boolean }> {
    const tenant = tenantOf(this.context, options)
    return this.context.submits.submit(forgetKey, { tenant, key: checkName('key', key) })
  }

  async get(key: string, options: TenantOption = {}): Promise<KeyEntry | undefined> {
    const tenant = tenantOf(this.context, options)
    const record = await this.context.submits.submit(getKey, { tenant, key: checkName('key', key) })
    if (!record) return undefined
    const { response, error, ...rest } = record
    return {
      ...rest,
      response: response === null ? undefined : decode(this.context, response),
      error: error === null ? undefined : storedJson(error),
    }
  }

  /** How many keys are in each state; those whose time is over are counted as `expired` alone. */
  async count(options: TenantOption = {}): Promise<{
    readonly pending: number
    readonly completed: number
    readonly failed: number
    readonly expired: number
  }> {
    const tenant = tenantOf(this.context, options)
    return this.context.submits.submit(countKeys, { tenant, nowMs: this.context.clock.nowMs() })
  }

  /**
   * Executes once and answers everybody alike. A failure of `execute` is passed on, and the next caller executes. Where the failure
   * could not be marked either, both reasons come in one AggregateError.
   *
   * The key's lease is not extended here: give `leaseMs` for longer than `execute` may take, or heartbeat in it.
   *
   * @returns the answer as JSON gives it back, whoever executed.
   * @throws {IdempotencyInProgressError} `idempotency.in_progress`: somebody else is executing; retry later.
   * @throws {IdempotencyConflictError} `idempotency.conflict`
   */
  async run<Response>(
    key: string,
    request: CheckOrCreate,
    execute: (ref: KeyRef) => Promise<Response>,
  ): Promise<Response> {
    const claim = await this.checkOrCreate(key, request)
    if (claim.outcome === 'completed') return claim.response as Response // what an earlier `execute` gave
    if (claim.outcome === 'in_progress')
      throw new IdempotencyInProgressError(`key ${key} is worked on by ${claim.owner}`, {
        key,
        leaseExpiresAtMs: claim.leaseExpiresAtMs,
      })
    const response = await this.#execute(claim.ref, execute)
    await this.complete(claim.ref, response)
    return response
  }

  async #execute<Response>(ref: KeyRef, execute: (ref: KeyRef) => Promise<Response>): Promise<Response> {
    try {
      const response = await execute(ref)
      // Through JSON, so that the one who executed reads what everybody else will. Nothing to say is null.
      return decode(this.context, encode(this.context, response === undefined ? null : response)) as Response
    } catch (error) {
      const refusal = await this.#giveUp(ref, error)
      throw refusal === undefined
        ? error
        : new AggregateError([error, refusal], `key ${ref.key} failed, and is not held`)
    }
  }

  /** What kept the failure from being marked, if anything did: the key was taken over, or the store is closed. */
  async #giveUp(ref: KeyRef, error: unknown): Promise<unknown> {
    try {
      await this.fail(ref, error instanceof Error ? error : new Error(String(error)))
      return undefined
    } catch (refusal) {
      return refusal
    }
  }
}

// Added to the time of day, so half of what a time may be.
const checkTtl = (ttlMs: number): number => checkInteger('ttlMs', ttlMs, 1, MAX_TIME_MS / 2)

const keyRefOf = ({ tenant, key, fencingToken }: KeyRef): KeyRef => ({
  tenant: checkName('tenant', tenant),
  key: checkName('key', key),
  fencingToken: checkInteger('fencingToken', fencingToken, 1, Number.MAX_SAFE_INTEGER),
})
