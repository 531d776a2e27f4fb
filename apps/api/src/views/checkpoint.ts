import { z } from '@hono/zod-openapi'
import {
  CHECKPOINT_TYPES,
  VERIFICATION_OUTCOMES,
  type Checkpoint,
  type CheckpointType,
  type VerificationOutcome,
} from '@holdfast/store'
import { anyJson, atMs, name } from './json-schemas.js'

/** A checkpoint as this API shows it. */
export interface CheckpointView {
  readonly id: string
  readonly taskId: string
  readonly workItemId: string | null
  readonly position: number
  readonly type: CheckpointType
  readonly name: string | null
  readonly attempt: number
  readonly snapshot: unknown
  readonly metadata: unknown
  readonly evidence: unknown
  readonly createdAtMs: number
  /** The outcome of its last verification; null when it was never verified. */
  readonly verification: VerificationOutcome | null
}

export const checkpointSchema: z.ZodType<CheckpointView> = z
  .object({
    id: name,
    taskId: name,
    workItemId: z.string().nullable(),
    position: z.int(),
    type: z.enum(CHECKPOINT_TYPES),
    name: z.string().nullable(),
    attempt: z.int(),
    snapshot: anyJson,
    metadata: anyJson,
    evidence: anyJson,
    createdAtMs: atMs,
    verification: z.enum(VERIFICATION_OUTCOMES).nullable(),
  })
  .openapi('Checkpoint')

export const checkpointView = (checkpoint: Checkpoint): CheckpointView => ({
  id: checkpoint.id,
  taskId: checkpoint.taskId,
  workItemId: checkpoint.workItemId,
  position: checkpoint.position,
  type: checkpoint.type,
  name: checkpoint.name,
  attempt: checkpoint.attempt,
  snapshot: checkpoint.snapshot ?? null,
  metadata: checkpoint.metadata ?? null,
  evidence: checkpoint.evidence ?? null,
  createdAtMs: checkpoint.createdAtMs,
  verification: checkpoint.verification,
})
