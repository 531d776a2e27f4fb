import type { ApiClient } from '../api-client.js'
import { table, time, type Terminal } from '../terminal.js'
import { errorText, type TaskDetailView, type WorkItemView } from '../views.js'

export interface ShowOptions {
  /** Only items in this state. */
  readonly state?: string
  readonly limit?: number
  readonly json?: boolean
}

/** Shows a task with its items. */
export const show = async (api: ApiClient, terminal: Terminal, id: string, options: ShowOptions): Promise<void> => {
  const path = `/v1/tasks/${encodeURIComponent(id)}`
  const task = await api.get<TaskDetailView>(path)
  const { items, nextCursor } = await api.get<{
    readonly items: readonly WorkItemView[]
    readonly nextCursor: string | null
  }>(`${path}/items`, { state: options.state, limit: options.limit })
  if (options.json) return terminal.line(JSON.stringify({ ...task, items }, null, 2))

  const counts = Object.entries(task.counts).filter(([, count]) => count > 0)
  const facts = [
    ['task', task.id],
    ['type', task.type],
    ['state', task.state],
    ['created', time(task.createdAtMs)],
    ['finished', time(task.finishedAtMs)],
    ['items', counts.map(([state, count]) => `${state} ${count}`).join(', ')],
    ['result', task.result === null ? '-' : JSON.stringify(task.result)],
    ['error', task.error ? errorText(task.error) : '-'],
  ]
  for (const line of table(facts)) terminal.line(line)
  if (items.length === 0) return
  terminal.line('')
  const rows = items.map((item) => [
    item.id,
    item.type,
    item.state,
    `${item.attempt}/${item.maxAttempts}`,
    errorText(item.error),
  ])
  for (const line of table([['ITEM', 'TYPE', 'STATE', 'ATTEMPT', 'ERROR'], ...rows])) terminal.line(line)
  if (nextCursor !== null) terminal.line('… there are more: --limit')
}
