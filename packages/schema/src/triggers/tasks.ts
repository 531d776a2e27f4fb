import { isOpen, oneOf } from '../predicates.js'
import { tasks } from '../sqlite/tasks.js'
import { TERMINAL_TASK_STATES } from '../task-state.js'
import { ALWAYS, type Guard, anyChanged, columnsExcept } from './rule.js'

const identity = columnsExcept(tasks, ['state', 'cancelRequestedAtMs', 'finishedAtMs'])

/** A task is born active. It is asked to cancel once at most, and ends once, after its last item. */
export const taskGuards: readonly Guard[] = [
  {
    table: 'tasks',
    event: 'insert',
    rules: [
      {
        code: 'task.exists',
        when: ALWAYS,
        and: `(
      exists (select 1 from tasks known where known.tenant = NEW.tenant and known.id = NEW.id)
      or exists (select 1 from tasks known where known.seq = NEW.seq)
    )`,
      },
      { code: 'task.invalid_insert', when: `NEW.state <> 'active' or NEW.cancel_requested_at_ms is not null` },
    ],
  },
  {
    table: 'tasks',
    event: 'update',
    rules: [
      { code: 'task.already_terminal', when: oneOf('OLD.state', TERMINAL_TASK_STATES) },
      {
        code: 'task.immutable',
        when: `${anyChanged(identity)}
      or (OLD.cancel_requested_at_ms is not null and NEW.cancel_requested_at_ms is distinct from OLD.cancel_requested_at_ms)`,
      },
      {
        code: 'task.immutable',
        when: `NEW.state <> 'active'`,
        and: `exists (
      select 1 from work_items item where item.task_seq = OLD.seq and ${isOpen('item.state')}
    )`,
      },
    ],
  },
]
