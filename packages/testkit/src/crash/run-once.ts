import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { driverOfThisRun } from '../processes/driver-of-this-run.js'
import { type CrashRun, RUN_VARIABLE } from './run.js'

export interface RunOnceOptions {
  readonly run: CrashRun
  readonly cwd: string
  readonly timeoutMs: number
  readonly nodeArgs: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

/** `ended`: the task has. `killed`: at the crash point. `late`: the time was up. `failed`: it ended by itself before. */
export interface RunEnd {
  readonly how: 'ended' | 'killed' | 'late' | 'failed'
  readonly what: string
}

/** What a handler prints is kept for a message, the end of it. */
const OUTPUT_KEPT = 4_000

/** Starts one process and waits until it has ended, one way or another. */
export const runOnce = async (script: string, options: RunOnceOptions): Promise<RunEnd> => {
  const { run, cwd, timeoutMs, nodeArgs, env } = options
  const child = spawn(process.execPath, [...nodeArgs, script], {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, ...driverOfThisRun(), ...env, [RUN_VARIABLE]: JSON.stringify(run) },
  })
  let output = ''
  const keep = (text: string): void => {
    output = (output + text).slice(-OUTPUT_KEPT)
  }
  child.stdout.setEncoding('utf8').on('data', keep)
  child.stderr.setEncoding('utf8').on('data', keep)
  let isLate = false
  const timer = setTimeout(() => {
    isLate = true
    child.kill('SIGKILL')
  }, timeoutMs)
  try {
    const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
    if (isLate) return { how: 'late', what: `did not end within ${timeoutMs} ms: ${output}` }
    if (signal === 'SIGKILL' && run.crash) return { how: 'killed', what: 'was killed' }
    if (code === 0) return { how: 'ended', what: 'ended' }
    return { how: 'failed', what: `ended with ${signal ?? `code ${code}`}: ${output}` }
  } finally {
    clearTimeout(timer)
  }
}
