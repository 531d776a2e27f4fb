import { readFileSync } from 'node:fs'
import type { Exit } from './spawn-node.js'
import { startProgram, type Program, type ReadyLine, type StartProgramOptions } from './start-program.js'

/** A program that is started again each time it is killed, as a supervisor does. */
export class StandingProgram {
  #program: Program
  #peakBytes = 0
  readonly #ended: unknown[] = []

  /** @param script  The built `main.js` of an app, or a program that speaks as one does. */
  constructor(
    private readonly script: string,
    private readonly options: StartProgramOptions,
  ) {
    this.#program = startProgram(script, options)
  }

  get pid(): number {
    return this.#program.pid
  }

  /** Every line that any of its processes wrote, in order. */
  get lines(): readonly unknown[] {
    return [...this.#ended, ...this.#program.lines]
  }

  /** Of the process that runs now, when it works. */
  ready(): Promise<ReadyLine> {
    return this.#program.ready()
  }

  /** The most memory that any of its processes held, as far as the system tells. */
  get peakBytes(): number {
    this.#measure()
    return this.#peakBytes
  }

  /** Sends a signal to the process that runs now: SIGSTOP and SIGCONT make a zombie of it. */
  signal(name: NodeJS.Signals): void {
    this.#program.signal(name)
  }

  /** `kill -9`, wherever it stands, and a new start. What the killed process wrote before is read to its end. */
  async killAndRestart(): Promise<void> {
    this.#measure()
    const killed = this.#program
    await killed.kill()
    this.#ended.push(...killed.lines)
    this.#program = startProgram(this.script, this.options)
  }

  /** Asks it to stop. */
  async stop(): Promise<Exit> {
    this.#measure()
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
