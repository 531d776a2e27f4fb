import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { startProgram, type Exit, type Program, type ReadyLine, type StartProgramOptions } from '@holdfast/testkit'

const require = createRequire(import.meta.url)
const mainOf = (name: string): string => join(dirname(require.resolve(`${name}/package.json`)), 'dist/main.js')

/** The built programs, as `npm start` runs them. */
export const PROGRAMS = { api: mainOf('@holdfast/api'), worker: mainOf('@holdfast/worker') } as const

/** A program that is started again each time it is killed, as a supervisor does. */
export class StandingProgram {
  #program: Program
  #peakBytes = 0

  constructor(
    private readonly script: string,
    private readonly options: StartProgramOptions,
  ) {
    this.#program = startProgram(script, options)
  }

  get pid(): number {
    return this.#program.pid
  }

  ready(): Promise<ReadyLine> {
    return this.#program.ready()
  }

  /** The most memory that any of its processes held, as far as the system tells. */
  get peakBytes(): number {
    this.#measure()
    return this.#peakBytes
  }

  /** `kill -9`, wherever it stands, and a new start. */
  async killAndRestart(): Promise<void> {
    this.#measure()
    await this.#program.kill()
    this.#program = startProgram(this.script, this.options)
  }

  /** Asks it to stop. */
  async stop(): Promise<Exit> {
    this.#program.signal('SIGTERM')
    return this.#program.exited
  }

  async kill(): Promise<void> {
    await this.#program.kill()
  }

  // Linux keeps the peak; elsewhere nothing is measured.
  #measure(): void {
    try {
      const kilobytes = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${this.pid}/status`, 'utf8'))?.[1]
      this.#peakBytes = Math.max(this.#peakBytes, Number(kilobytes ?? 0) * 1_024)
    } catch {
      // It has ended, or this system has no /proc.
    }
  }
}
