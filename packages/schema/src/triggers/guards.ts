import { checkpointGuards, checkpointVerificationGuards } from './checkpoints.js'
import { eventGuards } from './events.js'
import { idempotencyKeyGuards } from './idempotency-keys.js'
import { retentionGuards } from './retention.js'
import type { Guard } from './rule.js'
import { documentGuards, sectionGuards } from './sections.js'
import { taskGuards } from './tasks.js'
import { workItemGuards, workItemStreamGuards } from './work-items.js'

/** Every rule of both databases: one guard per table and kind of change. */
export const guards: readonly Guard[] = [
  ...taskGuards,
  ...workItemGuards,
  ...workItemStreamGuards,
  ...checkpointGuards,
  ...checkpointVerificationGuards,
  ...eventGuards,
  ...idempotencyKeyGuards,
  ...documentGuards,
  ...sectionGuards,
  ...retentionGuards,
]
