import { isOpen, oneOf } from '../../predicates.js'
import { settledState } from '../../triggers/settle.js'
import { trigger } from './trigger.js'
import { TERMINAL_STATES } from '../../work-state.js'

/** Writes the outcome of a task in the statement that ends the last of its items. */
export const settleTrigger = trigger(
  'work_items_settle_task',
  'work_items',
  `CREATE TRIGGER work_items_settle_task
AFTER UPDATE OF state ON work_items
WHEN ${oneOf('NEW.state', TERMINAL_STATES)}
  AND NOT EXISTS (
    SELECT 1 FROM work_items AS item
    WHERE item.task_seq = NEW.task_seq AND ${isOpen('item.state')}
  )
BEGIN
  UPDATE tasks
  SET finished_at_ms = NEW.finished_at_ms,
    state = ${settledState}
  WHERE seq = NEW.task_seq AND state = 'active';
END`,
)
