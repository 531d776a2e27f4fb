import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

type Line = Readonly<Record<string, unknown>>

/** A started worker, as `npm start` runs it. */
export interface RunningWorker {
  readonly process: ChildProcess
  /** Its log so far. */
  readonly lines: readonly Line[]
  /** Waits for a line of this message. */
  logged(message: string): Promise<Line>
  exited(): Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>
}

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url))
const ENGINE = fileURLToPath(new URL('../node_modules/@holdfast/engine', import.meta.url))
const PATIENCE_MS = 25_000

/** A user's folder with these files, in which the engine is installed. */
export const project = async (files: Readonly<Record<string, string>>) => {
  // Its real path is what the worker will say: on some systems the temporary folder is a link.
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'holdfast-worker-')))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  await mkdir(join(folder, 'node_modules/@holdfast'), { recursive: true })
  await symlink(await realpath(ENGINE), join(folder, 'node_modules/@holdfast/engine'))
  for (const [path, text] of Object.entries(files)) await writeFile(join(folder, path), text)
  const run = (env: Readonly<Record<string, string>> = {}): RunningWorker =>
    watch(spawn(process.execPath, [MAIN], { cwd: folder, env: { ...process.env, ...env }, stdio: PIPED }))
  return { folder, run }
}

const PIPED: ['ignore', 'pipe', 'inherit'] = ['ignore', 'pipe', 'inherit']

/** Reads the log of a process, and kills it when the test ends. */
export const watch = (child: ChildProcess): RunningWorker => {
  if (!child.stdout) throw new Error('its output must be a pipe')
  const exit = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>
  const lines: Line[] = []
  const listeners = new Set<() => void>()
  createInterface({ input: child.stdout }).on('line', (text) => {
    lines.push(JSON.parse(text) as Line)
    for (const listener of listeners) listener()
  })
  onTestFinished(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
    await exit
  })
  const logged = (message: string): Promise<Line> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const line = lines.find(({ msg }) => msg === message)
        if (!line) return
        clearTimeout(timer)
        listeners.delete(look)
        resolve(line)
      }
      const timer = setTimeout(() => reject(new Error(`it logged only ${JSON.stringify(lines)}`)), PATIENCE_MS)
      listeners.add(look)
      look()
    })
  const exited = async () => {
    const [code, signal] = await exit
    return { code, signal }
  }
  return { process: child, lines, logged, exited }
}
