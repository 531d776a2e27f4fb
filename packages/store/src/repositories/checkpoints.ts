import {
  CHECKPOINT_TYPES,
  VERIFICATION_OUTCOMES,
  type CheckpointType,
  type VerificationOutcome,
} from '@holdfast/schema'
import {
  appendCheckpoint,
  beginCheckpoint,
  evidenceRowExists,
  getCheckpoint,
  latestCheckpoint,
  listCheckpoints,
  recordVerification,
  removeCheckpoint,
  type CheckpointRecord,
} from '../checkpoints.js'
import { encodePayload } from '../codec.js'
import { storedJson } from '../codec.js'
import { PAGE_LIMIT } from '../defaults.js'
import { CheckpointNotFoundError, CheckpointTooLargeError, InvalidInputError, PayloadTooLargeError } from '../errors.js'
import { checkEvidencePack, type EvidencePack, type EvidenceRow, type Finding } from '../evidence.js'
import { checkInteger, checkName } from '../input.js'
import type { Payload } from '../payload.js'
import type { LeaseRef } from '../work-items.js'
import { decode, tenantOf, type RepositoryContext, type TenantOption } from './context.js'
import { checkOneOf, checkPage, metadataText } from './edge.js'
import { leaseRefOf } from './lease-ref.js'

/** One step of a work item's progress, as it was when it was appended. */
export interface Checkpoint extends Omit<CheckpointRecord, 'snapshot' | 'metadata' | 'evidence'> {
  readonly snapshot: unknown
  readonly snapshotBytes: number
  readonly metadata: unknown
  readonly evidence: EvidencePack | undefined
}

export interface NewCheckpoint {
  /** Made here when none is given. Give one to be able to repeat an append of unknown outcome. */
  readonly id?: string
  readonly type: Exclude<CheckpointType, 'error_boundary'>
  readonly snapshot: unknown
  /** The step it belongs to. */
  readonly name?: string
  readonly metadata?: unknown
  /** What a verification has to find: every piece, or a stated minimum of them. */
  readonly evidence?: EvidencePack
  /** True for what a resuming attempt replays: retention keeps it while the item lives. */
  readonly isReplayed?: boolean
}

/** The append-only progress of work items, and what was verified about it. */
export class Checkpoints {
  constructor(private readonly context: RepositoryContext) {}

  /**
   * Adds a checkpoint at the item's next position. It is there after a crash once this resolves.
   *
   * Appending the same id again answers with the position it has, also when the lease is gone by then.
   *
   * @throws {CheckpointTooLargeError} `checkpoint.too_large`: nothing was written.
   * @throws {CheckpointConflictError} `checkpoint.conflict`: the id is another checkpoint's.
   * @throws {LeaseLostError} `lease.lost`; `work_item.not_found`, `work_item.already_terminal`
   */
  async append(
    lease: LeaseRef,
    checkpoint: NewCheckpoint,
  ): Promise<{ readonly id: string; readonly position: number }> {
    return this.context.submits.submit(appendCheckpoint, {
      ...leaseRefOf(lease),
      id: checkName('id', checkpoint.id ?? this.context.ids()),
      type: ownersType(checkpoint.type),
      name: nameOrNull(checkpoint.name),
      isReplayed: checkpoint.isReplayed ?? false,
      snapshot: this.#encodeSnapshot(checkpoint.snapshot),
      metadata: metadataText(checkpoint.metadata),
      evidence: checkpoint.evidence === undefined ? null : metadataText(checkEvidencePack(checkpoint.evidence)),
      nowMs: this.context.clock.nowMs(),
    })
  }

  /** Notes in the journal that a step has begun. Refused as {@link append}. */
  async begin(
    lease: LeaseRef,
    step: { readonly type: CheckpointType; readonly name?: string },
  ): Promise<{ readonly position: number }> {
    return this.context.submits.submit(beginCheckpoint, {
      ...leaseRefOf(lease),
      type: ownersType(step.type),
      name: nameOrNull(step.name),
      nowMs: this.context.clock.nowMs(),
    })
  }

  /** The newest checkpoint, of one type or of any: what work resumes from. */
  latest(
    workItemId: string,
    options: { readonly type?: CheckpointType } & TenantOption = {},
  ): Promise<Checkpoint | undefined> {
    return this.#latest(workItemId, options, false)
  }

  /** The newest checkpoint whose last verification found everything: what `rollbackTo` is for. */
  lastVerified(
    workItemId: string,
    options: { readonly type?: CheckpointType } & TenantOption = {},
  ): Promise<Checkpoint | undefined> {
    return this.#latest(workItemId, options, true)
  }

  async get(id: string, options: TenantOption = {}): Promise<Checkpoint | undefined> {
    const tenant = tenantOf(this.context, options)
    const record = await this.context.submits.submit(getCheckpoint, { tenant, id: checkName('id', id) })
    return record ? this.#decode(record) : undefined
  }

  /** @throws {CheckpointNotFoundError} `checkpoint.not_found` */
  async require(id: string, options: TenantOption = {}): Promise<Checkpoint> {
    const checkpoint = await this.get(id, options)
    if (checkpoint) return checkpoint
    throw new CheckpointNotFoundError(`there is no checkpoint ${id}`, { id })
  }

  /** Newest first; `beforePosition` of the last one of a page leads to the next. */
  async list(
    workItemId: string,
    options: {
      readonly type?: CheckpointType
      readonly beforePosition?: number
      readonly limit?: number
    } & TenantOption = {},
  ): Promise<readonly Checkpoint[]> {
    const { type, beforePosition, limit = PAGE_LIMIT } = options
    const records = await this.context.submits.submit(listCheckpoints, {
      tenant: tenantOf(this.context, options),
      workItemId: checkName('workItemId', workItemId),
      type: typeOrNull(type),
      beforePosition:
        beforePosition === undefined
          ? null
          : checkInteger('beforePosition', beforePosition, 1, Number.MAX_SAFE_INTEGER),
      limit: checkPage(limit),
    })
    return records.map((record) => this.#decode(record))
  }

  /**
   * Adds a verification of its own; the checkpoint stays as it was. The last one counts.
   *
   * @throws {CheckpointNotFoundError} `checkpoint.not_found`
   */
  async recordVerification(
    id: string,
    verification: {
      readonly outcome: VerificationOutcome
      readonly findings: readonly Finding[]
      readonly verifiedBy: string
    },
    options: TenantOption = {},
  ): Promise<void> {
    const { outcome, findings, verifiedBy } = verification
    await this.context.submits.submit(recordVerification, {
      tenant: tenantOf(this.context, options),
      checkpointId: checkName('id', id),
      outcome: checkOneOf('outcome', outcome, VERIFICATION_OUTCOMES),
      findings: metadataText(findings) ?? '[]',
      verifiedBy: checkName('verifiedBy', verifiedBy),
      nowMs: this.context.clock.nowMs(),
    })
  }

  /**
   * Deletes one checkpoint. Its position is never given again.
   *
   * @throws {CheckpointProtectedError} `checkpoint.protected`: the newest of its item, the last verified of its type,
   * or what a live item would replay.
   * @throws {CheckpointNotFoundError} `checkpoint.not_found`
   */
  async remove(id: string, options: TenantOption = {}): Promise<void> {
    const tenant = tenantOf(this.context, options)
    await this.context.submits.submit(removeCheckpoint, { tenant, id: checkName('id', id) })
  }

  /**
   * Looks for a row of any table of the file, for `db_row` evidence.
   *
   * @throws {InvalidInputError} `input.invalid`: the file has no such table or column.
   */
  async findEvidenceRow(
    row: EvidenceRow,
    options: TenantOption = {},
  ): Promise<{ readonly exists: boolean; readonly matches: boolean }> {
    const { table, match, values = {} } = row
    return this.context.submits.submit(evidenceRowExists, {
      tenant: tenantOf(this.context, options),
      table,
      match,
      values,
    })
  }

  async #latest(
    workItemId: string,
    options: { readonly type?: CheckpointType } & TenantOption,
    onlyVerified: boolean,
  ): Promise<Checkpoint | undefined> {
    const record = await this.context.submits.submit(latestCheckpoint, {
      tenant: tenantOf(this.context, options),
      workItemId: checkName('workItemId', workItemId),
      type: typeOrNull(options.type),
      onlyVerified,
    })
    return record ? this.#decode(record) : undefined
  }

  #encodeSnapshot(snapshot: unknown): Payload {
    const { codec, limits } = this.context
    try {
      return encodePayload(snapshot, { codec, limitBytes: limits.snapshotBytes })
    } catch (error) {
      if (!(error instanceof PayloadTooLargeError)) throw error
      throw new CheckpointTooLargeError(error.message, error.details, { cause: error })
    }
  }

  #decode({ snapshot, metadata, evidence, ...rest }: CheckpointRecord): Checkpoint {
    return {
      ...rest,
      snapshot: decode(this.context, snapshot),
      snapshotBytes: snapshot.rawBytes,
      metadata: metadata === null ? undefined : storedJson(metadata),
      // Checked when it was appended.
      evidence: evidence === null ? undefined : (storedJson(evidence) as EvidencePack),
    }
  }
}

const nameOrNull = (name: string | undefined): string | null => (name === undefined ? null : checkName('name', name))

const typeOrNull = (type: CheckpointType | undefined): CheckpointType | null =>
  type === undefined ? null : checkOneOf('type', type, CHECKPOINT_TYPES)

/** An owner writes every type but the sweep's own. */
const ownersType = (type: CheckpointType): Exclude<CheckpointType, 'error_boundary'> => {
  const known = checkOneOf('type', type, CHECKPOINT_TYPES)
  if (known !== 'error_boundary') return known
  throw new InvalidInputError('error_boundary checkpoints are written by the sweep alone', { type })
}
