/**
 * Ends a task's checkpoints with it, in place of a foreign key's cascade: that would need an index of all of them by
 * task, which costs an append a page (see decision 12). Those that have an item go before the cascade takes the item;
 * those that have lost theirs are few, and have an index of their own.
 */
export const TAKE_CHECKPOINTS = {
  withItem: {
    name: 'work_items_take_checkpoints',
    table: 'work_items',
    fires: 'BEFORE DELETE',
    /** As in the guards of deletion: the task goes first. An item that goes alone leaves its checkpoints behind. */
    when: 'not exists (select 1 from tasks parent where parent.seq = OLD.task_seq)',
    where: 'work_item_seq = OLD.seq',
  },
  withTask: {
    name: 'tasks_take_checkpoints',
    table: 'tasks',
    fires: 'AFTER DELETE',
    where: 'task_seq = OLD.seq and work_item_seq is null',
  },
} as const
