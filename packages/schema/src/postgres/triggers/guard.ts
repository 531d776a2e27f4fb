import { oneOf } from '../../predicates.js'
import { OWNER_EVENT_TYPES } from '../../triggers/events.js'
import { ALWAYS, type Guard, type Rule } from '../../triggers/rule.js'
import type { SchemaObject } from '../../triggers/schema-object.js'
import { trigger } from './trigger.js'

/** The error class of every refusal; its message is the code. */
export const REFUSED = 'HF001'

const lockItem = 'PERFORM 1 FROM work_items WHERE seq = NEW.work_item_seq FOR NO KEY UPDATE;'

/**
 * What a guard takes hold of before it looks. SQLite has one writer; here, without the lock, a row that was checked
 * could change before this transaction commits: a stale checkpoint would land behind a reclaim, an item in a task that
 * has just ended. Locked, the other waits, then looks again (READ COMMITTED).
 *
 * A transaction that ends several items of one task holds that task from the first on, so it takes all its items
 * before it ends any; otherwise two of them may deadlock, which PostgreSQL notices and one of them repeats.
 */
const LOCKS: Readonly<Record<string, string>> = {
  work_items_guard_insert: 'PERFORM 1 FROM tasks WHERE seq = NEW.task_seq FOR NO KEY UPDATE;',
  checkpoints_guard_insert: lockItem,
  events_guard_insert: `IF ${oneOf('NEW.type', OWNER_EVENT_TYPES)} THEN
    ${lockItem}
  END IF;
  PERFORM 1 FROM work_item_streams WHERE work_item_seq = NEW.work_item_seq FOR NO KEY UPDATE;`,
}

const condition = ({ when, and }: Rule): string => {
  if (and === undefined) return when
  return when === ALWAYS ? and : `(${when})\n    and ${and}`
}

const refusal = (rule: Rule): string => `  IF ${condition(rule)} THEN
    RAISE EXCEPTION '${rule.code}' USING ERRCODE = '${REFUSED}';
  END IF;`

/**
 * One guard as one trigger. What OLD and NEW alone can decide stands in its WHEN, so that most legal changes never
 * call the function. The order of the rules is the order of the refusals.
 */
export const guardTrigger = ({ table, event, rules }: Guard): SchemaObject => {
  const name = `${table}_guard_${event}`
  const lock = LOCKS[name]
  const asksOthers = rules.some(({ when }) => when === ALWAYS)
  return trigger({
    name,
    table,
    fires: `BEFORE ${event.toUpperCase()}`,
    ...(asksOthers ? {} : { when: rules.map(({ when }) => `(${when})`).join('\n  OR ') }),
    body: [
      ...(lock === undefined ? [] : [`  ${lock}`]),
      ...rules.map(refusal),
      `  RETURN ${event === 'delete' ? 'OLD' : 'NEW'};`,
    ].join('\n'),
  })
}
