import { setTimeout as sleep } from 'node:timers/promises'
import { nextDelayMs } from './backoff.mjs'
import { startChild } from './child.mjs'

/** Exit codes after which a restart would end the same way. */
export const EXIT_CONFIGURATION = 78 // sysexits.h EX_CONFIG
export const EXIT_PORT_TAKEN = 98 // EADDRINUSE on Linux

/**
 * Keeps one process running until `signal` aborts: a crash is reported, and followed by a new start after a backoff.
 *
 * @param {import('./child.mjs').Service} service
 * @param {object} context
 * @param {AbortSignal} context.signal Ends it all; the running process is stopped first.
 * @param {(line: string) => void} context.say
 * @param {NodeJS.WritableStream} context.output
 * @param {number} [context.graceMs]
 * @param {() => boolean} [context.mayRestart] Asked at a crash; when false, the crash is the end.
 * @param {(child: { pid: number, exited: Promise<object> }) => void} [context.onStart] Told of every start.
 * @returns {Promise<string | undefined>} Why restarting is no use, or nothing when it was told to stop.
 */
export async function keepRunning(service, { signal, say, output, graceMs, mayRestart = () => true, onStart }) {
  let delayMs = 0
  while (!signal.aborted) {
    const startedAt = performance.now()
    const child = startChild(service, output)
    onStart?.(child)
    const exit = await exitOrStop(child, signal, graceMs)
    if (signal.aborted) return undefined
    const fatal = whyNotAgain(service.name, exit, mayRestart())
    if (fatal) return fatal
    delayMs = nextDelayMs(delayMs, performance.now() - startedAt)
    say(`${service.name} ended (${endedBy(exit)}); starting it again in ${delayMs} ms`)
    await pause(delayMs, signal)
  }
  return undefined
}

async function exitOrStop(child, signal, graceMs) {
  const stop = () => child.stop(graceMs)
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) stop()
  const exit = await child.exited
  signal.removeEventListener('abort', stop)
  return exit
}

function whyNotAgain(name, exit, mayRestart) {
  const { code, error } = exit
  if (error) return `${name} could not be started: ${error.message}`
  if (code === EXIT_CONFIGURATION) return `${name} refused its configuration (its reason is above)`
  if (code === EXIT_PORT_TAKEN) return `${name} could not listen: its port is taken`
  if (!mayRestart) return `${name} ended (${endedBy(exit)}) before it was ready`
  return undefined
}

/** How a process ended, for people: its exit code or its signal. */
function endedBy({ code, signal }) {
  return signal ?? `exit code ${code}`
}

async function pause(ms, signal) {
  // The abort ends the wait early; the caller's loop sees it.
  await sleep(ms, undefined, { signal }).catch(() => {})
}
