import type { Guard, Rule } from '../../triggers/rule.js'
import type { SchemaObject } from '../../triggers/schema-object.js'
import { trigger } from './trigger.js'

const condition = ({ when, and }: Rule): string => {
  if (and === undefined) return `(${when})`
  return when === 'true' ? `(${and})` : `((${when})\n    and ${and})`
}

/**
 * One guard as one trigger. Its WHEN is the question and its body the refusal, so a legal change never runs the body.
 * ABORT undoes the statement and leaves the transaction alone. The first SELECT that raises ends the trigger, so the
 * order of the rules is the order of the refusals.
 */
export const guardTrigger = ({ table, event, rules }: Guard): SchemaObject => {
  const conditions = rules.map(condition)
  const refusals = rules.map(({ code }, at) => `  SELECT RAISE(ABORT, '${code}')\n  WHERE ${conditions[at]};`)
  const name = `${table}_guard_${event}`
  return trigger(
    name,
    table,
    `CREATE TRIGGER ${name}
BEFORE ${event.toUpperCase()} ON ${table}
WHEN
  ${conditions.join('\n  OR ')}
BEGIN
${refusals.join('\n')}
END`,
  )
}
