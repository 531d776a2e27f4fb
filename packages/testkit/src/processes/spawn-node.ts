import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { driverOfThisRun } from './driver-of-this-run.js'

export interface SpawnNodeOptions {
  readonly args?: readonly string[]
  /** Options of Node itself. */
  readonly nodeArgs?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  /** Whose permissions it has; only root may choose. */
  readonly user?: { readonly uid: number; readonly gid: number }
}

/** How a process ended. */
export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** A real child process that says what it does in lines of JSON on its standard output. */
export interface NodeProcess {
  readonly pid: number
  /** Every line so far. */
  readonly lines: readonly unknown[]
  /** What it wrote to its standard error: for the message of a failing test. */
  readonly errors: () => string
  /** Resolves with the first line, past or to come, that `matches`; rejects when the process ends without one. */
  line<Line>(matches: (line: unknown) => line is Line): Promise<Line>
  /** Writes a line to its standard input. */
  say(line: string): void
  /** Sends a signal to this process alone. */
  signal(name: NodeJS.Signals): void
  /** Resolves when the process has ended and its output was read. */
  readonly exited: Promise<Exit>
  /** `kill -9`, and waits for the end. Does nothing to one that has ended. */
  kill(): Promise<Exit>
}

/** Starts `node script`. The script is a built file: nothing of the test runner reaches into the child. */
export const spawnNode = (script: string, options: SpawnNodeOptions = {}): NodeProcess => {
  const child = spawn(process.execPath, [...(options.nodeArgs ?? []), script, ...(options.args ?? [])], {
    stdio: ['pipe', 'pipe', 'pipe'],
    // The test runner's own settings are not the child's.
    env: { PATH: process.env.PATH, ...driverOfThisRun(), ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...options.user,
  })
  const lines: unknown[] = []
  const listeners = new Set<() => void>()
  let errors = ''
  let hasEnded = false
  const tell = (): void => {
    for (const listener of [...listeners]) listener()
  }
  // What is said to a process that has just been killed is lost, and that is no error of the test.
  child.stdin.on('error', () => undefined)
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text
  })
  createInterface({ input: child.stdout }).on('line', (text) => {
    lines.push(JSON.parse(text))
    tell()
  })
  const exited = ended(child).finally(() => {
    hasEnded = true
    tell()
  })
  return {
    pid: pidOf(child),
    lines,
    errors: () => errors,
    exited,
    line: (matches) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = lines.find(matches)
          if (found === undefined && !hasEnded) return
          listeners.delete(look)
          if (found === undefined) reject(new Error(`the process ended without the line that was awaited: ${errors}`))
          else resolve(found)
        }
        listeners.add(look)
        look()
      }),
    say: (line) => void child.stdin.write(`${line}\n`),
    signal: (name) => void child.kill(name),
    kill: async () => {
      if (!hasEnded) child.kill('SIGKILL')
      return exited
    },
  }
}

const pidOf = ({ pid }: ChildProcess): number => {
  if (pid === undefined) throw new Error('the process could not be started')
  return pid
}

const ended = async (child: ChildProcess): Promise<Exit> => {
  // `close` comes after the output was read to its end; `exit` doesn't wait for it.
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
  return { code, signal }
}
