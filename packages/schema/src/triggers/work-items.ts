import { oneOf } from '../predicates.js'
import { workItemStreams, workItems } from '../sqlite/work-items.js'
import { INITIAL_STATES, LEGAL_TRANSITIONS, TERMINAL_STATES, type TransitionReason } from '../work-state.js'
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
  { column: 'parent_seq', target: 'work_items' },
  { column: 'redriven_from_seq', target: 'work_items' },
]

/** The owner, or a sweep that gives back what was only claimed ahead: the attempt is not spent. */
const GIVEN_BACK = ['released', 'ahead_returned', 'waiting'] as const satisfies readonly TransitionReason[]

/** Why a running item may go back to its queue. */
const REQUEUED = [
  'released',
  'ahead_returned',
  'retry',
  'expired',
  'process_dead',
] as const satisfies readonly TransitionReason[]

const claims = `NEW.state = 'running' and OLD.state <> 'running'`
const leavesRunning = `OLD.state = 'running' and NEW.state <> 'running'`
const staysRunning = `OLD.state = 'running' and NEW.state = 'running'`
const becomesTerminal = oneOf('NEW.state', TERMINAL_STATES)

const legalMoves = Object.entries(LEGAL_TRANSITIONS)
  .filter(([, next]) => next.length > 0)
  .map(([from, next]) => `(OLD.state = '${from}' and ${oneOf('NEW.state', next)})`)
  .join('\n      or ')

/** What an item may be at birth. Its token is above all that a deleted item of its id had: see the store's fencing floor. */
const insertRules: readonly Rule[] = [
  {
    // INSERT OR REPLACE would delete the row that is there without a word to any other trigger.
    code: 'work_item.exists',
    when: ALWAYS,
    and: `(
      exists (select 1 from work_items known where known.tenant = NEW.tenant and known.id = NEW.id)
      or exists (select 1 from work_items known where known.seq = NEW.seq)
    )`,
  },
  {
    code: 'work_item.invalid_insert',
    when: `not ${oneOf('NEW.state', INITIAL_STATES)}
      or NEW.attempt <> 0
      or NEW.settle_token is not null
      or NEW.process_id is not null
      or NEW.heartbeat_at_ms is not null
      or NEW.started_at_ms is not null
      or NEW.error is not null
      or (NEW.is_root = 1 and NEW.parent_seq is not null)`,
  },
  {
    // The outcome of a task is written when its last item ends: one that has ended takes no more of them.
    code: 'work_item.invalid_insert',
    when: ALWAYS,
    and: `not exists (
      select 1 from tasks task
      where task.seq = NEW.task_seq and task.tenant = NEW.tenant and task.state = 'active'
    )`,
  },
  {
    code: 'work_item.invalid_insert',
    when: 'NEW.is_root = 1',
    and: 'exists (select 1 from work_items root where root.task_seq = NEW.task_seq and root.is_root = 1)',
  },
  {
    // Another tenant's item is unreachable, as a parent too.
    code: 'work_item.invalid_insert',
    when: 'NEW.parent_seq is not null or NEW.redriven_from_seq is not null',
    and: `(
      ${LINKS.map(({ column }) => `exists (select 1 from work_items linked where linked.seq = NEW.${column} and linked.tenant <> NEW.tenant)`).join('\n      or ')}
    )`,
  },
]

/** Columns that live with the item. All others are what it was born with. */
const identity = columnsExcept(workItems, [
  'parentSeq',
  'redrivenFromSeq',
  'queue',
  'priority',
  'state',
  'reason',
  'waitingReason',
  'waitingFor',
  'visibleAtMs',
  'deadlineAtMs',
  'timeoutMs',
  'attempt',
  'fencingToken',
  'settleToken',
  'leaseOwner',
  'processId',
  'leaseMs',
  'leaseAcquiredAtMs',
  'leaseExpiresAtMs',
  'heartbeatAtMs',
  'isAhead',
  'result',
  'resultEncoding',
  'error',
  'startedAtMs',
  'finishedAtMs',
  'updatedAtMs',
])

/** What a lease is made of: a heartbeat changes none of it. */
const lease = ['lease_owner', 'process_id', 'lease_acquired_at_ms', 'attempt', 'fencing_token']

/** How an item may change. */
const updateRules: readonly Rule[] = [
  ...frozenButLinks('work_item.already_terminal', oneOf('OLD.state', TERMINAL_STATES), workItems, LINKS),
  {
    code: 'work_item.immutable',
    when: `${anyChanged(identity)}
      or ${anyLinkMoved(LINKS)}
      or (OLD.started_at_ms is not null and NEW.started_at_ms is distinct from OLD.started_at_ms)`,
  },
  { code: 'work_item.immutable', when: anyLinkDropped(LINKS), and: `(${anyLinkDroppedByHand(LINKS)})` },
  {
    code: 'work_item.illegal_transition',
    when: `NEW.state <> OLD.state and not (
      ${legalMoves}
    )`,
  },
  {
    code: 'work_item.illegal_transition',
    when: `${claims} and not (
      NEW.fencing_token = OLD.fencing_token + 1 and NEW.attempt = OLD.attempt + 1 and NEW.settle_token is null
    )`,
  },
  {
    // The fence. The owner settles with the token it holds; anybody else revokes by raising it.
    code: 'lease.lost',
    when: `${leavesRunning}
      and NEW.settle_token is distinct from OLD.fencing_token
      and (NEW.state = 'completed' or NEW.fencing_token <= OLD.fencing_token)`,
  },
  {
    // A settle token is written once per lease, by the statement that ends it.
    code: 'lease.lost',
    when: `NEW.settle_token is not null
      and NEW.settle_token is distinct from OLD.settle_token
      and not (${leavesRunning} and NEW.settle_token = OLD.fencing_token)`,
  },
  {
    code: 'lease.lost',
    when: `${staysRunning} and (
      ${anyChanged(lease)}
      or NEW.is_ahead > OLD.is_ahead
    )`,
  },
  {
    // A token that shrinks would bring an old lease back to life.
    code: 'work_item.illegal_transition',
    when: `NEW.fencing_token < OLD.fencing_token
      or (
        not ${oneOf('OLD.state', ['running', ...TERMINAL_STATES])}
        and ${becomesTerminal} and NEW.fencing_token <= OLD.fencing_token
      )`,
  },
  {
    code: 'work_item.illegal_transition',
    when: `NEW.attempt <> OLD.attempt and not (${claims}) and not (
      ${leavesRunning} and not ${becomesTerminal}
      and NEW.attempt = OLD.attempt - 1 and ${oneOf('NEW.reason', GIVEN_BACK)}
    )`,
  },
  {
    // An item without an attempt left would stop every claim that meets it: the statement writes `failed` instead.
    code: 'work_item.illegal_transition',
    when: `${leavesRunning} and not ${becomesTerminal} and (
      NEW.attempt >= NEW.max_attempts
      or (NEW.state <> 'waiting' and not ${oneOf('NEW.reason', REQUEUED)})
    )`,
  },
]

export const workItemGuards: readonly Guard[] = [
  { table: 'work_items', event: 'insert', rules: insertRules },
  { table: 'work_items', event: 'update', rules: updateRules },
]

const streamColumns = columnsExcept(workItemStreams, ['checkpointPosition', 'eventPosition'])

/** A stream is born empty with its item, and moves by one with each row that it counts. */
export const workItemStreamGuards: readonly Guard[] = [
  {
    table: 'work_item_streams',
    event: 'insert',
    rules: [
      {
        code: 'stream.append_only',
        when: ALWAYS,
        and: `(
      NEW.checkpoint_position <> 0 or NEW.event_position <> 0
      or exists (select 1 from work_item_streams known where known.work_item_seq = NEW.work_item_seq)
    )`,
      },
    ],
  },
  {
    table: 'work_item_streams',
    event: 'update',
    rules: [
      {
        code: 'stream.append_only',
        when: `${anyChanged(streamColumns)}
      or NEW.checkpoint_position not in (OLD.checkpoint_position, OLD.checkpoint_position + 1)
      or NEW.event_position not in (OLD.event_position, OLD.event_position + 1)`,
      },
      {
        code: 'stream.append_only',
        when: 'NEW.event_position <> OLD.event_position',
        and: `not exists (
      select 1 from events event
      where event.work_item_seq = NEW.work_item_seq and event.position = NEW.event_position
    )`,
      },
      {
        code: 'stream.append_only',
        when: 'NEW.checkpoint_position <> OLD.checkpoint_position',
        and: `not exists (
      select 1 from checkpoints checkpoint
      where checkpoint.work_item_seq = NEW.work_item_seq and checkpoint.position = NEW.checkpoint_position
    )`,
      },
    ],
  },
  {
    table: 'work_item_streams',
    event: 'delete',
    rules: [
      {
        code: 'stream.append_only',
        when: ALWAYS,
        and: 'exists (select 1 from work_items item where item.seq = OLD.work_item_seq)',
      },
    ],
  },
]
