const dropIndexes = (names) => names.map((name) => `DROP INDEX ${name}`)

/** The counters that are no journal, which the journal's triggers move as well. */
const KEEP_POSITIONS = [
  `CREATE TRIGGER positions_of_item AFTER INSERT ON work_items BEGIN
    INSERT INTO work_item_streams (work_item_seq, checkpoint_position, event_position) VALUES (NEW.seq, 0, 0);
  END`,
  `CREATE TRIGGER positions_of_checkpoint AFTER INSERT ON checkpoints BEGIN
    UPDATE work_item_streams SET checkpoint_position = NEW.position WHERE work_item_seq = NEW.work_item_seq;
  END`,
]

const partsOf = (triggers) => {
  const dropTriggers = (pattern) => triggers.filter((name) => pattern.test(name)).map((name) => `DROP TRIGGER ${name}`)
  return {
    'the journal': [...dropTriggers(/_journal_|^events_count$/), ...KEEP_POSITIONS],
    'the settling of tasks': dropTriggers(/_settle_/),
    'the guards': dropTriggers(/_guard_/),
    'the checks of a row and its foreign keys': ['PRAGMA ignore_check_constraints = 1', 'PRAGMA foreign_keys = 0'],
    'the indexes of lists, sweeps and deletion': dropIndexes([
      'tasks_by_state',
      'tasks_finished',
      'tasks_being_cancelled',
      'work_items_claimable_by_task',
      'work_items_waiting',
      'work_items_leased',
      'work_items_by_process',
      'work_items_deadline',
      'work_items_by_parent',
      'work_items_by_redriven_from',
    ]),
  }
}

/**
 * What can be taken away from the store's file, so that a run of the C limit tells what it costs. The statements stay the
 * same. Each part keeps a promise, so none is an option of the store.
 *
 * @param triggers The names of all triggers that the file has.
 * @returns `what` is left, and the statements that leave it so.
 */
export const ablationsOf = (triggers) => {
  const parts = Object.entries(partsOf(triggers))
  return [
    { what: 'everything', without: [] },
    ...parts.map(([part, without]) => ({ what: `without ${part}`, without })),
    { what: 'without all of these', without: parts.flatMap(([, without]) => without) },
  ]
}
