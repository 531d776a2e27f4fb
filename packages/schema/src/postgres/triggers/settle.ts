import { isOpen, oneOf } from '../../predicates.js'
import { settledState } from '../../triggers/settle.js'
import { TERMINAL_STATES } from '../../work-state.js'
import { trigger } from './trigger.js'

/**
 * Writes the outcome of a task in the statement that ends the last of its items.
 *
 * Two transactions may end the last two items at once, and each would see the other's still open: the task's lock puts
 * them in a row, and the second one looks again with fresh eyes (READ COMMITTED).
 */
export const settleTrigger = trigger({
  name: 'work_items_settle_task',
  table: 'work_items',
  fires: 'AFTER UPDATE OF state',
  when: `${oneOf('NEW.state', TERMINAL_STATES)} and OLD.state <> NEW.state`,
  body: `  PERFORM 1 FROM tasks WHERE seq = NEW.task_seq FOR NO KEY UPDATE;
  UPDATE tasks
  SET finished_at_ms = NEW.finished_at_ms,
    state = ${settledState}
  WHERE seq = NEW.task_seq AND state = 'active'
    AND NOT EXISTS (
      SELECT 1 FROM work_items AS item
      WHERE item.task_seq = NEW.task_seq AND ${isOpen('item.state')}
    );
  RETURN NULL;`,
})
