import { setTimeout as sleep } from 'node:timers/promises'
import type { ApiClient } from '../api-client.js'
import { CliError, EXIT } from '../failure.js'
import { progressLine, progressText, type TaskProgress } from '../progress-bar.js'
import { printable, type Terminal } from '../terminal.js'
import { errorText, type TaskDetailView, type WorkItemView } from '../views.js'

/** Failed items named at the end; the rest is a command away. */
const FAILURES_SHOWN = 10
/** Pause before asking again after the API went away, doubled up to the second number. */
const RECONNECT_MS = { first: 250, most: 5_000 }

/**
 * Shows a task until it ends: a bar that moves on a terminal, a line per change elsewhere. An API that restarts in
 * between is asked again.
 *
 * @returns The exit code: 0 when the task completed.
 */
export const watch = async (api: ApiClient, terminal: Terminal, id: string, signal?: AbortSignal): Promise<number> => {
  const screen = new Screen(terminal)
  const path = `/v1/tasks/${encodeURIComponent(id)}`
  // A wrong id is refused here, before any waiting for a stream.
  screen.show(snapshotOf(await api.get<TaskDetailView>(path)))
  let pauseMs = RECONNECT_MS.first
  for (;;) {
    try {
      for await (const event of api.events(`${path}/watch`)) {
        pauseMs = RECONNECT_MS.first
        if (event.event === 'problem') break
        if (event.event === 'end') return await finish(api, screen, terminal, path)
        screen.show(JSON.parse(event.data) as TaskProgress)
      }
    } catch (error) {
      if (signal?.aborted || (error instanceof CliError && !error.isPassing)) throw error
    }
    screen.note('the API went away; asking again')
    await sleep(pauseMs, undefined, signal ? { signal } : {})
    pauseMs = Math.min(pauseMs * 2, RECONNECT_MS.most)
  }
}

const snapshotOf = (task: TaskDetailView): TaskProgress => ({
  state: task.state,
  done: task.progress.done,
  total: task.progress.total,
  counts: task.counts,
})

const finish = async (api: ApiClient, screen: Screen, terminal: Terminal, path: string): Promise<number> => {
  const task = await api.get<TaskDetailView>(path)
  screen.show(snapshotOf(task))
  screen.end()
  if (task.result !== null) terminal.line(`result  ${printable(JSON.stringify(task.result))}`)
  if (task.error) terminal.line(`error   ${printable(errorText(task.error))}`)
  await listFailures(api, terminal, path, task)
  return task.state === 'completed' ? EXIT.ok : EXIT.failed
}

const listFailures = async (
  api: ApiClient,
  terminal: Terminal,
  path: string,
  { id, counts }: TaskDetailView,
): Promise<void> => {
  const failed = counts.failed ?? 0
  if (failed === 0) return
  const page = await api.get<{ readonly items: readonly WorkItemView[] }>(`${path}/items`, {
    state: 'failed',
    limit: FAILURES_SHOWN,
  })
  terminal.line(`${failed} failed ${failed === 1 ? 'item' : 'items'}:`)
  for (const item of page.items) terminal.line(`  ${printable(errorText(item.error))}`)
  if (failed > page.items.length) terminal.line(`  … all of them: holdfast show ${id} --state failed`)
}

/** Draws over the last line on a terminal; elsewhere prints what changed. */
class Screen {
  #last = ''

  constructor(private readonly terminal: Terminal) {}

  show(progress: TaskProgress): void {
    const { isTty, columns } = this.terminal
    const line = isTty ? progressLine(progress, columns) : progressText(progress)
    if (line === this.#last) return
    this.#last = line
    if (isTty) this.terminal.write(`\r\u001b[2K${line}`)
    else this.terminal.line(line)
  }

  note(text: string): void {
    if (text === this.#last) return
    if (this.terminal.isTty) this.terminal.write(`\r\u001b[2K${text}`)
    else this.terminal.line(text)
    this.#last = text
  }

  end(): void {
    if (this.terminal.isTty) this.terminal.write('\n')
  }
}
