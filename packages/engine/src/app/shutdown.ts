/** The part of a logger that a shutdown needs. */
export interface ShutdownLog {
  error(fields: { readonly err: unknown }, message: string): void
}

/** What has to be stopped, and in which order: the last that was started goes first. */
export class Shutdown {
  readonly #steps: { readonly name: string; readonly stop: () => Promise<void> }[] = []
  #running: Promise<void> | undefined

  constructor(private readonly log: ShutdownLog) {}

  add(name: string, stop: () => Promise<void>): void {
    this.#steps.push({ name, stop })
  }

  /** Stops everything. A step that fails is logged, and doesn't keep the others from stopping. Idempotent. */
  run(): Promise<void> {
    this.#running ??= this.#stopAll()
    return this.#running
  }

  async #stopAll(): Promise<void> {
    for (let step = this.#steps.pop(); step; step = this.#steps.pop()) {
      try {
        await step.stop()
      } catch (error) {
        this.log.error({ err: error }, `${step.name} did not stop cleanly`)
      }
    }
  }
}
