import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import type { WorkerOptions } from '../src/worker/worker-options.js'

type Line = Readonly<Record<string, unknown>>

/** A real worker process on a file. Killed when the test ends. */
export interface WorkerProcess {
  /** All that it told so far. */
  readonly lines: readonly Line[]
  /** Waits for a line that fits, also among those told before. */
  told(fits: (line: Line) => boolean): Promise<Line>
  /** Sends a signal. */
  signal(name: 'SIGSTOP' | 'SIGCONT' | 'SIGTERM'): void
  /** Ends it on the spot, as a power cut would. */
  kill(): Promise<void>
  /** Its exit code. */
  exited(): Promise<number | null>
}

const FIXTURE = fileURLToPath(new URL('fixtures/worker.mjs', import.meta.url))
const PATIENCE_MS = 25_000

export const startWorkerProcess = async (
  path: string,
  options: Pick<WorkerOptions, 'concurrency' | 'prefetch' | 'graceMs' | 'queues' | 'pollMs' | 'process'> = {},
  fixture = FIXTURE,
): Promise<WorkerProcess> => {
  const child = spawn(process.execPath, [fixture, path, JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exit = once(child, 'exit') as Promise<[number | null]>
  const lines: Line[] = []
  const listeners = new Set<() => void>()
  createInterface({ input: child.stdout }).on('line', (text) => {
    lines.push(JSON.parse(text) as Line)
    for (const listener of listeners) listener()
  })
  const told: WorkerProcess['told'] = (fits) =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const line = lines.find(fits)
        if (!line) return
        clearTimeout(timer)
        listeners.delete(look)
        resolve(line)
      }
      const timer = setTimeout(() => {
        listeners.delete(look)
        reject(new Error(`the worker told only ${JSON.stringify(lines.slice(-20))}`))
      }, PATIENCE_MS)
      listeners.add(look)
      look()
    })
  const kill = async (): Promise<void> => {
    if (isOver(child)) return
    child.kill('SIGKILL')
    await exit
  }
  onTestFinished(kill)
  await told((line) => line.ready === true)
  return { lines, told, signal: (name) => void child.kill(name), kill, exited: async () => (await exit)[0] }
}

const isOver = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode !== null || signalCode !== null
