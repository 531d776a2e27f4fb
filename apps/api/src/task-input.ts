import type { AnyTaskDefinition } from '@holdfast/engine'
import { RequestRefusedError, type Issue } from './problem.js'

/** More issues than this help nobody: a list of a thousand bad rows says the same thing a thousand times. */
const MOST_ISSUES = 20

/**
 * Checks an input by its definition's own schema, before anything is written.
 *
 * @throws {RequestRefusedError} `task.invalid_input`, with its issues.
 * @see Standard Schema, https://standardschema.dev
 */
export const checkTaskInput = async (definition: AnyTaskDefinition, input: unknown): Promise<void> => {
  const found = await definition.input?.['~standard'].validate(input)
  if (!found?.issues) return
  const issues = found.issues.slice(0, MOST_ISSUES).map(issueOf)
  throw new RequestRefusedError(
    'task.invalid_input',
    `the input does not fit task ${definition.name}: ${issues.map(({ message }) => message).join('; ')}`,
    { details: { type: definition.name }, issues },
  )
}

type SchemaIssue = {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

const issueOf = ({ message, path = [] }: SchemaIssue): Issue => ({
  path: path.map((step) => plain(typeof step === 'object' ? step.key : step)),
  message,
})

const plain = (step: PropertyKey): string | number => (typeof step === 'symbol' ? String(step) : step)
