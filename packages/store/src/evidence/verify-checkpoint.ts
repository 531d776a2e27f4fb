import type { VerificationOutcome } from '@holdfast/schema'
import { CheckpointNotVerifiedError } from '../errors.js'
import { isEnough, type Finding } from '../evidence.js'
import type { Checkpoint, Checkpoints } from '../repositories/checkpoints.js'
import type { TenantOption } from '../repositories/context.js'
import { verifyEvidence } from './verify-evidence.js'

export interface VerifyOptions extends TenantOption {
  /** Files of the pack must lie in this folder, links resolved; relative paths start here. */
  readonly root?: string
  /** Who verifies, for the journal. */
  readonly verifiedBy?: string
}

export interface Verification {
  readonly outcome: VerificationOutcome
  /** One for each piece of the pack, in its order. */
  readonly findings: readonly Finding[]
  /** As it was appended: verifying changes nothing of it. */
  readonly checkpoint: Checkpoint
}

/** What a verification needs of a store. */
interface HasCheckpoints {
  readonly checkpoints: Checkpoints
}

/**
 * Looks whether a checkpoint's evidence holds now, and writes down what was found as a row of its own.
 *
 * `verified` when every piece holds, or as many as the pack's `minimum`. A checkpoint without evidence, or with an
 * empty pack, is `invalid`: nothing was found.
 *
 * @throws {CheckpointNotFoundError} `checkpoint.not_found`
 */
export const verifyCheckpoint = async (
  store: HasCheckpoints,
  id: string,
  options: VerifyOptions = {},
): Promise<Verification> => {
  const { verifiedBy = 'verifyCheckpoint', ...where } = options
  const checkpoint = await store.checkpoints.require(id, where)
  const pack = checkpoint.evidence ?? []
  const findings = await verifyEvidence(pack, store.checkpoints, where)
  const outcome = isEnough(pack, findings) ? 'verified' : 'invalid'
  await store.checkpoints.recordVerification(id, { outcome, findings, verifiedBy }, where)
  return { outcome, findings, checkpoint }
}

/**
 * Goes back to a checkpoint: verifies it now, whatever was found before, and gives its snapshot.
 *
 * @throws {CheckpointNotVerifiedError} `checkpoint.not_verified`: the world no longer is as it was. The finding is
 * written down.
 * @throws {CheckpointNotFoundError} `checkpoint.not_found`
 */
export const rollbackTo = async (store: HasCheckpoints, id: string, options: VerifyOptions = {}): Promise<unknown> => {
  const { outcome, findings, checkpoint } = await verifyCheckpoint(store, id, options)
  if (outcome === 'verified') return checkpoint.snapshot
  const missing = findings.filter(({ holds }) => !holds)
  const why = missing.map(({ kind, reason }) => `${kind}: ${reason}`).join(', ') || 'it has no evidence'
  throw new CheckpointNotVerifiedError(`checkpoint ${id} can't be gone back to (${why})`, {
    id,
    pieces: findings.length,
    missing: missing.length,
  })
}
