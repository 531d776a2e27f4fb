import { eventTypeOfChange, isJournalled } from '../../triggers/event-of.js'
import type { SchemaObject } from '../../triggers/schema-object.js'
import { trigger } from './trigger.js'

/** `raw_bytes` is left NULL: what the database writes is stored as it is. */
const EVENT_COLUMNS = 'work_item_seq, position, type, at_ms, fencing_token, actor, data, encoding'

// VALUES, never INSERT … SELECT: for that one SQLite makes a table in memory each time when the target has triggers
// (measured: 5 µs a row of the 20 that a completion took).
const nextPosition = (workItemSeq: string): string =>
  `(SELECT event_position + 1 FROM work_item_streams WHERE work_item_seq = ${workItemSeq})`

/** What a change of state is worth telling: the error where there is one, what a waiting item waits for. */
const dataOfChange = `CASE
      WHEN NEW.state = 'waiting'
        THEN json_object('reason', NEW.reason, 'attempt', NEW.attempt, 'waitingReason', NEW.waiting_reason)
      WHEN NEW.state not in ('running', 'completed') and NEW.error is not null
        THEN json_object('reason', NEW.reason, 'attempt', NEW.attempt, 'error', json(NEW.error))
      ELSE json_object('reason', NEW.reason, 'attempt', NEW.attempt)
    END`

const born = trigger(
  'work_items_journal_insert',
  'work_items',
  `CREATE TRIGGER work_items_journal_insert
AFTER INSERT ON work_items
BEGIN
  INSERT INTO work_item_streams (work_item_seq, checkpoint_position, event_position)
  VALUES (NEW.seq, 0, 0);
  INSERT INTO events (${EVENT_COLUMNS})
  VALUES (NEW.seq, 1, 'item.enqueued', NEW.updated_at_ms, NEW.fencing_token, NULL,
    json_object('reason', NEW.reason, 'state', NEW.state), 'json');
END`,
)

const changed = trigger(
  'work_items_journal_update',
  'work_items',
  `CREATE TRIGGER work_items_journal_update
AFTER UPDATE OF state ON work_items
WHEN ${isJournalled}
BEGIN
  INSERT INTO events (${EVENT_COLUMNS})
  VALUES (NEW.seq, ${nextPosition('NEW.seq')},
    ${eventTypeOfChange},
    NEW.updated_at_ms, NEW.fencing_token, coalesce(NEW.lease_owner, OLD.lease_owner),
    ${dataOfChange}, 'json');
END`,
)

/** Nobody else moves the counter of events: a row and its number are one change. */
const counted = trigger(
  'events_count',
  'events',
  `CREATE TRIGGER events_count
AFTER INSERT ON events
BEGIN
  UPDATE work_item_streams SET event_position = NEW.position
  WHERE work_item_seq = NEW.work_item_seq;
END`,
)

const appended = trigger(
  'checkpoints_journal_insert',
  'checkpoints',
  `CREATE TRIGGER checkpoints_journal_insert
AFTER INSERT ON checkpoints
BEGIN
  UPDATE work_item_streams SET checkpoint_position = NEW.position
  WHERE work_item_seq = NEW.work_item_seq;
  INSERT INTO events (${EVENT_COLUMNS})
  VALUES (NEW.work_item_seq, ${nextPosition('NEW.work_item_seq')}, 'checkpoint.appended',
    NEW.created_at_ms, NEW.fencing_token, (SELECT lease_owner FROM work_items WHERE seq = NEW.work_item_seq),
    json_object('id', NEW.id, 'type', NEW.type, 'position', NEW.position), 'json');
END`,
)

const verified = trigger(
  'checkpoint_verifications_journal_insert',
  'checkpoint_verifications',
  `CREATE TRIGGER checkpoint_verifications_journal_insert
AFTER INSERT ON checkpoint_verifications
BEGIN
  INSERT INTO events (${EVENT_COLUMNS})
  SELECT item.seq, stream.event_position + 1, 'checkpoint.' || NEW.outcome,
    NEW.verified_at_ms, item.fencing_token, NEW.verified_by, told.data, 'json'
  FROM (
    SELECT work_item_seq, json_object('id', id, 'position', position) AS data
    FROM checkpoints WHERE seq = NEW.checkpoint_seq
  ) AS told
  JOIN work_items AS item ON item.seq = told.work_item_seq
  JOIN work_item_streams AS stream ON stream.work_item_seq = item.seq;
END`,
)

/** The journal: one row per change of state and per checkpoint, in the statement that makes the change. */
export const journalTriggers: readonly SchemaObject[] = [born, changed, counted, appended, verified]
