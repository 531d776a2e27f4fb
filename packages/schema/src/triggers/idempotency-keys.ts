import { idempotencyKeys } from '../sqlite/idempotency-keys.js'
import {
  ALWAYS,
  type Guard,
  type Link,
  type Rule,
  anyChanged,
  anyLinkDropped,
  anyLinkDroppedByHand,
  anyLinkMoved,
  columnsExcept,
  frozenButLinks,
} from './rule.js'

const LINKS: readonly Link[] = [
  { column: 'task_seq', target: 'tasks' },
  { column: 'work_item_seq', target: 'work_items' },
]

const takesOver = `(
      NEW.state = 'pending' and NEW.fencing_token = OLD.fencing_token + 1 and NEW.settle_token is null
    )`
const isExpired = 'NEW.created_at_ms >= OLD.expires_at_ms'

/** What a heartbeat of the owner leaves as it is. */
const unlessHeartbeat = columnsExcept(idempotencyKeys, ['leaseMs', 'leaseExpiresAtMs', 'taskSeq', 'workItemSeq'])

const [completedIsFrozen, completedKeepsItsLinks] = frozenButLinks(
  'idempotency.already_completed',
  `OLD.state = 'completed' and not (${takesOver} and ${isExpired})`,
  idempotencyKeys,
  LINKS,
)

const linksToAnotherTenant = `(
      exists (select 1 from tasks task where task.seq = NEW.task_seq and task.tenant <> NEW.tenant)
      or exists (select 1 from work_items item where item.seq = NEW.work_item_seq and item.tenant <> NEW.tenant)
    )`

const insertRules: readonly Rule[] = [
  {
    code: 'idempotency.exists',
    when: ALWAYS,
    and: `(
      exists (select 1 from idempotency_keys known where known.tenant = NEW.tenant and known.key = NEW.key)
      or exists (select 1 from idempotency_keys known where known.seq = NEW.seq)
    )`,
  },
  {
    // Born pending under its first lease, or completed when key, effect and answer are one transaction. The token is
    // above all that a deleted key of this name had: see the store's fencing floor.
    code: 'idempotency.invalid_insert',
    when: `not (
      (NEW.state = 'pending' and NEW.settle_token is null)
      or (NEW.state = 'completed' and NEW.settle_token is not distinct from NEW.fencing_token)
    )`,
  },
  {
    code: 'idempotency.invalid_insert',
    when: 'NEW.task_seq is not null or NEW.work_item_seq is not null',
    and: linksToAnotherTenant,
  },
]

const updateRules: readonly Rule[] = [
  completedIsFrozen,
  completedKeepsItsLinks,
  {
    code: 'idempotency.immutable',
    when: 'OLD.seq <> NEW.seq or OLD.tenant <> NEW.tenant or OLD.key <> NEW.key',
  },
  {
    code: 'lease.lost',
    when: `OLD.state = 'pending' and NEW.state <> 'pending' and not (
      NEW.fencing_token = OLD.fencing_token and NEW.settle_token is not distinct from OLD.fencing_token
    )`,
  },
  {
    code: 'lease.lost',
    when: `OLD.state = 'pending' and NEW.state = 'pending' and not ${takesOver} and (
      ${anyChanged(unlessHeartbeat)}
      or ${anyLinkMoved(LINKS)}
    )`,
  },
  {
    // A failed key waits for its next owner: nothing else can be written to it.
    code: 'idempotency.illegal_transition',
    when: `OLD.state = 'failed' and not ${takesOver} and (
      not (${anyLinkDropped(LINKS)})
      or ${anyLinkMoved(LINKS)}
      or ${anyChanged(columnsExcept(idempotencyKeys, ['taskSeq', 'workItemSeq']))}
    )`,
  },
  {
    // The one answer of a key belongs to one request, until the key is failed or its time is over.
    code: 'idempotency.illegal_transition',
    when: `OLD.request_hash <> NEW.request_hash
      and not (${takesOver} and (OLD.state = 'failed' or ${isExpired}))`,
  },
  { code: 'idempotency.illegal_transition', when: anyLinkMoved(LINKS), and: linksToAnotherTenant },
  {
    code: 'idempotency.illegal_transition',
    when: `not ${takesOver} and (${anyLinkDropped(LINKS)})`,
    and: `(${anyLinkDroppedByHand(LINKS)})`,
  },
]

export const idempotencyKeyGuards: readonly Guard[] = [
  { table: 'idempotency_keys', event: 'insert', rules: insertRules },
  { table: 'idempotency_keys', event: 'update', rules: updateRules },
]
