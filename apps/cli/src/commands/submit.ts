import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { uuidV7 } from '@holdfast/store'
import type { ApiClient } from '../api-client.js'
import { CliError } from '../failure.js'
import { printable, type Terminal } from '../terminal.js'
import type { TaskView } from '../views.js'

export interface SubmitOptions {
  readonly input?: string
  readonly id?: string
  readonly key?: string
  readonly priority?: number
  readonly delayMs?: number
}

/** Submits a task and prints its id, alone on its line, so that a script can take it. */
export const submit = async (
  api: ApiClient,
  terminal: Terminal,
  type: string,
  options: SubmitOptions,
): Promise<string> => {
  const body = {
    type,
    input: await readInput(options.input),
    // Made here, before the first try: should the answer get lost, the same command with --id asks for the same task.
    id: options.id ?? (options.key === undefined ? uuidV7() : undefined),
    priority: options.priority,
    delayMs: options.delayMs,
  }
  const headers = options.key === undefined ? {} : { 'Idempotency-Key': JSON.stringify(options.key) }
  const task = await api.post<TaskView>('/v1/tasks', body, headers)
  terminal.line(printable(task.id))
  return task.id
}

/** JSON as given, from `@file`, or from standard input (`-`); null where nothing is given. */
const readInput = async (given: string | undefined): Promise<unknown> => {
  if (given === undefined) return null
  const source = await sourceOf(given)
  try {
    return JSON.parse(source)
  } catch (cause) {
    throw new CliError('cli.invalid_input', `--input is not JSON: ${(cause as Error).message}`, { cause })
  }
}

const sourceOf = async (given: string): Promise<string> => {
  if (given === '-') return text(process.stdin)
  if (!given.startsWith('@')) return given
  try {
    return await readFile(given.slice(1), 'utf8')
  } catch (cause) {
    throw new CliError('cli.invalid_input', `${given.slice(1)} can't be read`, { cause })
  }
}
