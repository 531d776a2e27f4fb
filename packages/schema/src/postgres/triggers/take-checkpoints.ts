import type { SchemaObject } from '../../triggers/schema-object.js'
import { TAKE_CHECKPOINTS } from '../../triggers/take-checkpoints.js'
import { trigger } from './trigger.js'

const { withItem, withTask } = TAKE_CHECKPOINTS

export const takeCheckpointsTriggers: readonly SchemaObject[] = [
  trigger({
    name: withItem.name,
    table: withItem.table,
    fires: withItem.fires,
    // The WHEN of a trigger may not ask other tables here.
    body: `  IF ${withItem.when} THEN
    DELETE FROM checkpoints WHERE ${withItem.where};
  END IF;
  RETURN OLD;`,
  }),
  trigger({
    name: withTask.name,
    table: withTask.table,
    fires: withTask.fires,
    body: `  DELETE FROM checkpoints WHERE ${withTask.where};
  RETURN NULL;`,
  }),
]
