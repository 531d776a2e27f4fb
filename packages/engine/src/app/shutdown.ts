import type { Store, StoreError } from '@holdfast/store'

/** The part of a logger that a shutdown needs. */
export interface ShutdownLog {
  error(fields: { readonly err: unknown }, message: string): void
}

/** What has to be stopped, and in which order: the last that was started goes first. */
export class Shutdown {
  readonly #steps: { readonly name: string; readonly stop: () => Promise<void> }[] = []
  #running: Promise<void> | undefined

  readonly #needed = new AbortController()

  constructor(private readonly log: ShutdownLog) {}

  /** Aborts when the program can be of use only once it has been started again: its `reason` is the error. */
  get needed(): AbortSignal {
    return this.#needed.signal
  }

  /**
   * Asks for it when the store was taken from this process (`store.detached`). A new process opens what is there now. A
   * damaged file isn't mended by that: its reads go on, and health tells.
   */
  whenDetached(store: Pick<Store, 'onStop'>): void {
    store.onStop((reason: StoreError) => {
      if (reason.code === 'store.detached') this.#needed.abort(reason)
    })
  }

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
