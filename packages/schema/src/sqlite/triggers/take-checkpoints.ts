import type { SchemaObject } from '../../triggers/schema-object.js'
import { TAKE_CHECKPOINTS } from '../../triggers/take-checkpoints.js'
import { trigger } from './trigger.js'

const { withItem, withTask } = TAKE_CHECKPOINTS

export const takeCheckpointsTriggers: readonly SchemaObject[] = [
  trigger(
    withItem.name,
    withItem.table,
    `CREATE TRIGGER ${withItem.name}
${withItem.fires} ON ${withItem.table}
WHEN ${withItem.when}
BEGIN
  DELETE FROM checkpoints WHERE ${withItem.where};
END`,
  ),
  trigger(
    withTask.name,
    withTask.table,
    `CREATE TRIGGER ${withTask.name}
${withTask.fires} ON ${withTask.table}
BEGIN
  DELETE FROM checkpoints WHERE ${withTask.where};
END`,
  ),
]
