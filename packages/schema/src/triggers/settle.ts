const someItem = (where: string): string =>
  `EXISTS (SELECT 1 FROM work_items AS item WHERE item.task_seq = NEW.task_seq AND ${where})`

/** The outcome of a task whose items have all ended, for an UPDATE of `tasks`: see `FAILURE_POLICIES`. */
export const settledState = `CASE
      WHEN ${someItem(`item.is_root = 1 AND item.state = 'cancelled'`)} THEN 'cancelled'
      WHEN tasks.cancel_requested_at_ms is not null
        AND ${someItem(`item.state = 'cancelled'`)} THEN 'cancelled'
      WHEN ${someItem(`item.is_root = 1 AND item.state = 'failed'`)} THEN 'failed'
      WHEN tasks.failure_policy = 'any'
        AND ${someItem(`item.state = 'failed'`)} THEN 'failed'
      ELSE 'completed'
    END`
