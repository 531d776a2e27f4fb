import { spawn } from 'node:child_process'
import { prefixedLines } from './prefixed-lines.mjs'

/** How long a process may take to stop by itself before it is killed. */
export const GRACE_MS = 15_000

/**
 * A process to keep running.
 *
 * @typedef {{ name: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv }} Service
 *   `args` are Node's: a script and its arguments.
 */

/**
 * Starts one process and shows its output, line by line, behind its name.
 *
 * @param {Service} service
 * @param {NodeJS.WritableStream} output
 */
export function startChild({ name, args, cwd, env }, output) {
  // In a process group of its own: ctrl-C then reaches the supervisor alone, which stops its children in order.
  const child = spawn(process.execPath, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  for (const stream of [child.stdout, child.stderr]) {
    stream.pipe(prefixedLines(`${name.padEnd(6)} | `)).pipe(output, { end: false })
  }
  const exited = new Promise((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }))
    child.once('error', (error) => resolve({ code: 1, signal: null, error }))
  })
  return { pid: child.pid, exited, stop: (graceMs) => stop(child, exited, graceMs) }
}

/** Asks with SIGTERM, waits, then kills this one process by its id. Resolves when it is gone. */
async function stop(child, exited, graceMs = GRACE_MS) {
  child.kill('SIGTERM')
  const killer = setTimeout(() => child.kill('SIGKILL'), graceMs)
  await exited
  clearTimeout(killer)
}
