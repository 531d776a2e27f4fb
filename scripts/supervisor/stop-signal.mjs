/** How often to look whether the parent process is still there. */
const PARENT_CHECK_MS = 500

/**
 * An AbortSignal that aborts when this process should stop: ctrl-C, SIGTERM, a closed terminal, or a parent that is
 * gone. A second signal ends the process at once.
 *
 * npm forwards no SIGTERM: it dies with its shell, and this process would run on as an orphan without watching `ppid`.
 *
 * @param {{ exit?: (code: number) => void }} [options]
 * @returns {AbortSignal} Its `reason` says what happened.
 */
export function stopSignal({ exit = process.exit } = {}) {
  const controller = new AbortController()
  const parent = process.ppid
  const stop = (reason) => {
    if (controller.signal.aborted) return
    clearInterval(watch)
    controller.abort(reason)
  }
  const watch = setInterval(() => process.ppid !== parent && stop('the parent process ended'), PARENT_CHECK_MS)
  watch.unref()
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(name, () => (controller.signal.aborted ? exit(130) : stop(name)))
  }
  return controller.signal
}
