import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

const SCRIPT = fileURLToPath(new URL('./toy-process.mjs', import.meta.url))

type ChildProcessWithoutStderr = ChildProcessByStdio<Writable, Readable, null>

export interface ToyProcess {
  readonly child: ChildProcessWithoutStderr
  /** Every line that it said so far. */
  readonly lines: readonly Record<string, unknown>[]
  /** The first line that has `key`, now or when it comes. Rejects when the process ends without it. */
  line(key: string): Promise<Record<string, unknown>>
  /** Its exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>
}

/** Starts a real process on a store of toys; killed after the test if it still runs. */
export const startToyProcess = (path: string, command: string, ...args: readonly string[]): ToyProcess =>
  startProcess(SCRIPT, path, command, ...args)

/** Starts a script that answers a line of JSON at a time; killed after the test if it still runs. */
export const startProcess = (script: string, ...args: readonly string[]): ToyProcess => {
  const child = spawn(process.execPath, [script, ...args], { stdio: ['pipe', 'pipe', 'inherit'] })
  // One that has ended reads nothing more.
  child.stdin.on('error', () => {})
  onTestFinished(() => void child.kill('SIGKILL'))
  const lines: Record<string, unknown>[] = []
  const waiting = new Map<string, (line: Record<string, unknown>) => void>()
  createInterface({ input: child.stdout }).on('line', (text) => {
    const line = JSON.parse(text) as Record<string, unknown>
    lines.push(line)
    for (const key of Object.keys(line)) waiting.get(key)?.(line)
  })
  const ended = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | NodeJS.Signals)
  const line = (key: string): Promise<Record<string, unknown>> => {
    const said = lines.find((found) => key in found)
    if (said) return Promise.resolve(said)
    return new Promise((resolve, reject) => {
      waiting.set(key, resolve)
      void ended.then((end) => reject(new Error(`the process ended with ${end} and never said ${key}`)))
    })
  }
  return { child, lines, line, ended }
}
