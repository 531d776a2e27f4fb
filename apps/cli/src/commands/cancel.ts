import type { ApiClient } from '../api-client.js'
import type { Terminal } from '../terminal.js'

/** Cancels a task: what waits never runs, what runs is told to stop, and nothing it writes afterwards counts. */
export const cancel = async (api: ApiClient, terminal: Terminal, id: string): Promise<void> => {
  const answer = await api.post<{ readonly state: string; readonly cancelled: number }>(
    `/v1/tasks/${encodeURIComponent(id)}/cancel`,
    {},
  )
  terminal.line(`${answer.state}  ${answer.cancelled} ${answer.cancelled === 1 ? 'item' : 'items'} cancelled`)
}
