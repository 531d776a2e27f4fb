/** How often to look whether the parent process is still there. */
const PARENT_CHECK_MS = 500

/**
 * Aborts when this process should stop: SIGTERM, SIGINT, SIGHUP, or a parent that is gone (npm dies with its shell
 * and forwards nothing). A second signal ends the process at once.
 *
 * @returns A signal whose `reason` says what happened.
 */
export const stopSignal = (exit: (code: number) => void = process.exit): AbortSignal => {
  const stopping = new AbortController()
  const parent = process.ppid
  const stop = (reason: string): void => {
    clearInterval(watch)
    stopping.abort(reason)
  }
  const watch = setInterval(() => {
    if (process.ppid !== parent) stop('the parent process ended')
  }, PARENT_CHECK_MS)
  watch.unref()
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => (stopping.signal.aborted ? exit(EXIT_INTERRUPTED) : stop(name)))
  }
  return stopping.signal
}

/** What shells give a program that ctrl-C ended. */
const EXIT_INTERRUPTED = 130

/** Resolves once a signal has aborted. */
export const aborted = (signal: AbortSignal): Promise<void> => {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}
