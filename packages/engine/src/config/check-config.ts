import { checkInteger, checkName } from '@holdfast/store'
import { ConfigInvalidError } from '../errors.js'
import { isTaskDefinition } from '../task-definition.js'
import type { Config } from './define-config.js'

const MEMBERS = ['database', 'tasks', 'queues', 'concurrency', 'tenants', 'retention', 'modules']

/**
 * A config file's default export, checked member by member: nothing unknown is passed over in silence.
 *
 * @throws {ConfigInvalidError} `config.invalid`
 */
export const checkConfig = (config: unknown, path: string): Config => {
  const fail = (what: string, cause?: unknown): never => {
    throw new ConfigInvalidError(`${path}: ${what}`, { path }, { cause })
  }
  if (!isObject(config)) return fail('the default export must be what defineConfig() gives back')
  const unknown = Object.keys(config).find((member) => !MEMBERS.includes(member))
  if (unknown !== undefined) return fail(`${unknown} is not a setting; there are ${MEMBERS.join(', ')}`)
  const { database, tasks, queues, concurrency, tenants, retention, modules } = config
  if (database !== undefined && typeof database !== 'string') return fail('database must be a path or a file: URL')
  if (!Array.isArray(tasks) || !tasks.every((task) => typeof task === 'string' || isTaskDefinition(task)))
    return fail('tasks must be a list of paths, globs and definitions')
  if (modules !== undefined && !(Array.isArray(modules) && modules.every(isModule)))
    return fail('modules must be a list of store modules, such as { sqlite } of @holdfast/memory')
  try {
    if (concurrency !== undefined) checkInteger('concurrency', concurrency as number, 1, 10_000)
    if (retention !== undefined && retention !== false) checkRetention(retention)
    for (const queue of names('queues', queues)) checkName('queues', queue)
    for (const tenant of names('tenants', tenants)) checkName('tenants', tenant)
  } catch (cause) {
    return fail((cause as Error).message, cause)
  }
  return config as unknown as Config // every member was checked above
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** What may be null is kept for ever. A time of 0 would delete what has just ended, so the least is a minute. */
const RETENTION: Readonly<Record<string, { readonly least: number; readonly mayBeNull: boolean }>> = {
  tasksMs: { least: 60_000, mayBeNull: true },
  processesMs: { least: 60_000, mayBeNull: true },
  keepCheckpoints: { least: 1, mayBeNull: true },
  intervalMs: { least: 1_000, mayBeNull: false },
}

const checkRetention = (retention: unknown): void => {
  if (!isObject(retention)) throw new TypeError(`retention must be an object, or false`)
  for (const [member, value] of Object.entries(retention)) {
    const rule = RETENTION[member]
    if (!rule)
      throw new TypeError(`retention.${member} is not a setting; there are ${Object.keys(RETENTION).join(', ')}`)
    if (value === undefined || (value === null && rule.mayBeNull)) continue
    checkInteger(`retention.${member}`, value as number, rule.least, Number.MAX_SAFE_INTEGER)
  }
}

const isModule = (value: unknown): boolean => {
  if (!isObject(value)) return false
  const { sqlite } = value
  return isObject(sqlite) && 'bindings' in sqlite && Array.isArray(sqlite.bindings)
}

const names = (name: string, list: unknown): readonly string[] => {
  if (list === undefined) return []
  if (Array.isArray(list)) return list
  throw new TypeError(`${name} must be a list of names`)
}
