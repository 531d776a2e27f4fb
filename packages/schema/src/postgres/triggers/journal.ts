import { eventTypeOfChange, isJournalled } from '../../triggers/event-of.js'
import type { SchemaObject } from '../../triggers/schema-object.js'
import { trigger } from './trigger.js'

/** `raw_bytes` is left NULL: what the database writes is stored as it is. */
const EVENT_COLUMNS = 'work_item_seq, position, type, at_ms, fencing_token, actor, data, encoding'

/** What a change of state is worth telling: the error where there is one, what a waiting item waits for. */
const dataOfChange = `CASE
      WHEN NEW.state = 'waiting'
        THEN json_build_object('reason', NEW.reason, 'attempt', NEW.attempt, 'waitingReason', NEW.waiting_reason)
      WHEN NEW.state not in ('running', 'completed') and NEW.error is not null
        THEN json_build_object('reason', NEW.reason, 'attempt', NEW.attempt, 'error', (NEW.error)::json)
      ELSE json_build_object('reason', NEW.reason, 'attempt', NEW.attempt)
    END`

const born = trigger({
  name: 'work_items_journal_insert',
  table: 'work_items',
  fires: 'AFTER INSERT',
  body: `  INSERT INTO work_item_streams (work_item_seq, checkpoint_position, event_position)
  VALUES (NEW.seq, 0, 0);
  INSERT INTO events (${EVENT_COLUMNS})
  VALUES (NEW.seq, 1, 'item.enqueued', NEW.updated_at_ms, NEW.fencing_token, NULL,
    json_build_object('reason', NEW.reason, 'state', NEW.state)::text, 'json');
  RETURN NULL;`,
})

// The position is read under the lock of the stream, so that two writers can't both take the next one.
const takePosition = (workItemSeq: string): string => `  SELECT stream.event_position + 1 INTO next_position
  FROM work_item_streams AS stream
  WHERE stream.work_item_seq = ${workItemSeq}
  FOR NO KEY UPDATE;`

const changed = trigger({
  name: 'work_items_journal_update',
  table: 'work_items',
  fires: 'AFTER UPDATE OF state',
  when: isJournalled,
  declare: 'next_position bigint;',
  body: `${takePosition('NEW.seq')}
  INSERT INTO events (${EVENT_COLUMNS})
  VALUES (NEW.seq, next_position,
    ${eventTypeOfChange},
    NEW.updated_at_ms, NEW.fencing_token, coalesce(NEW.lease_owner, OLD.lease_owner),
    (${dataOfChange})::text, 'json');
  RETURN NULL;`,
})

/** Nobody else moves the counter of events: a row and its number are one change. */
const counted = trigger({
  name: 'events_count',
  table: 'events',
  fires: 'AFTER INSERT',
  body: `  UPDATE work_item_streams SET event_position = NEW.position
  WHERE work_item_seq = NEW.work_item_seq;
  RETURN NULL;`,
})

const appended = trigger({
  name: 'checkpoints_journal_insert',
  table: 'checkpoints',
  fires: 'AFTER INSERT',
  declare: 'next_position bigint;',
  body: `  UPDATE work_item_streams SET checkpoint_position = NEW.position
  WHERE work_item_seq = NEW.work_item_seq
  RETURNING event_position + 1 INTO next_position;
  INSERT INTO events (${EVENT_COLUMNS})
  SELECT NEW.work_item_seq, next_position, 'checkpoint.appended',
    NEW.created_at_ms, NEW.fencing_token, item.lease_owner,
    json_build_object('id', NEW.id, 'type', NEW.type, 'position', NEW.position)::text, 'json'
  FROM work_items AS item
  WHERE item.seq = NEW.work_item_seq;
  RETURN NULL;`,
})

const verified = trigger({
  name: 'checkpoint_verifications_journal_insert',
  table: 'checkpoint_verifications',
  fires: 'AFTER INSERT',
  declare: 'checked record;\n  next_position bigint;',
  body: `  SELECT item.seq, item.fencing_token, checkpoint.id, checkpoint.position INTO checked
  FROM checkpoints AS checkpoint
  JOIN work_items AS item ON item.seq = checkpoint.work_item_seq
  WHERE checkpoint.seq = NEW.checkpoint_seq;
  IF NOT FOUND THEN
    RETURN NULL;
  END IF;
${takePosition('checked.seq')}
  INSERT INTO events (${EVENT_COLUMNS})
  VALUES (checked.seq, next_position, 'checkpoint.' || NEW.outcome,
    NEW.verified_at_ms, checked.fencing_token, NEW.verified_by,
    json_build_object('id', checked.id, 'position', checked.position)::text, 'json');
  RETURN NULL;`,
})

/** The journal: one row per change of state and per checkpoint, in the statement that makes the change. */
export const journalTriggers: readonly SchemaObject[] = [born, changed, counted, appended, verified]
