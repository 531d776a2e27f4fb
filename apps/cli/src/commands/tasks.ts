import type { ApiClient } from '../api-client.js'
import { table, time, type Terminal } from '../terminal.js'
import type { TaskView } from '../views.js'

export interface TasksOptions {
  readonly state?: string
  readonly type?: string
  readonly limit?: number
}

/** Lists tasks, newest first. */
export const tasks = async (api: ApiClient, terminal: Terminal, options: TasksOptions): Promise<void> => {
  const page = await api.get<{ readonly tasks: readonly TaskView[]; readonly nextCursor: string | null }>('/v1/tasks', {
    state: options.state,
    type: options.type,
    limit: options.limit,
  })
  if (page.tasks.length === 0) return terminal.line('no tasks')
  const rows = page.tasks.map((task) => [
    task.id,
    task.type,
    task.state,
    time(task.createdAtMs),
    time(task.finishedAtMs),
  ])
  for (const line of table([['ID', 'TYPE', 'STATE', 'CREATED (UTC)', 'FINISHED (UTC)'], ...rows])) terminal.line(line)
  if (page.nextCursor !== null) terminal.line('… there are older ones: --limit')
}
