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
    process.on(name, () => (stopping.signal.aborted ? exit(130) : stop(name)))
  }
  return stopping.signal
}
