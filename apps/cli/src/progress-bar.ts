/** How far a task has come, as the API's watch stream tells it. */
export interface TaskProgress {
  readonly state: string
  readonly done: number
  readonly total: number
  readonly counts: Readonly<Record<string, number>>
}

/**
 * One line that says it all: `active  ███████░░░░░  612/1040  58%  failed 3  running 10`. The total grows while the
 * task still fans out, so the bar may step back.
 */
export const progressLine = (progress: TaskProgress, columns: number): string => {
  const { state, done, total, counts } = progress
  const share = total === 0 ? 0 : done / total
  const facts = [`${done}/${total}`, `${Math.floor(share * 100)}%`, ...notable(counts)].join('  ')
  const width = Math.max(0, Math.min(40, columns - state.length - facts.length - 5))
  const full = Math.round(share * width)
  return `${state}  ${'█'.repeat(full)}${'░'.repeat(width - full)}  ${facts}`.slice(0, Math.max(0, columns - 1))
}

/** The same for logs: no bar, nothing that moves. */
export const progressText = ({ state, done, total, counts }: TaskProgress): string =>
  [state, `${done}/${total} items`, ...notable(counts)].join('  ')

const notable = (counts: Readonly<Record<string, number>>): readonly string[] =>
  ['failed', 'cancelled', 'running', 'waiting', 'scheduled']
    .filter((state) => (counts[state] ?? 0) > 0)
    .map((state) => `${state} ${counts[state]}`)
