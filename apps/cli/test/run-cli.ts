import { spawn } from 'node:child_process'
import { driverOfThisRun } from '@holdfast/testkit'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

/** The built command, as users run it. */
const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url))

export interface RunningCli {
  readonly stdout: () => string
  readonly interrupt: () => void
  /** Resolves when it has ended. */
  readonly ended: Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }>
}

/** Runs `holdfast …` as a process of its own. None of the tester's own settings reach it but the driver's. */
export const startCli = (
  args: readonly string[],
  { env = {}, input }: { readonly env?: NodeJS.ProcessEnv; readonly input?: string } = {},
): RunningCli => {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { PATH: process.env.PATH, ...driverOfThisRun(), ...env },
    stdio: 'pipe',
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const output = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output.stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output.stderr += text
  })
  child.stdin.end(input)
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, ...output }))
  return { stdout: () => output.stdout, interrupt: () => void child.kill('SIGINT'), ended }
}

export const runCli = (...args: Parameters<typeof startCli>): RunningCli['ended'] => startCli(...args).ended
