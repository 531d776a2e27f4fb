import type { StandingProgram } from '@holdfast/testkit'

const TIMEOUT_MS = 10_000

export interface TaskView {
  readonly id: string
  readonly state: string
}

/** Asks an API that may be killed at any moment: what isn't answered is undefined, and may have happened or not. */
export class HttpApi {
  constructor(
    private readonly api: StandingProgram,
    private readonly token: string,
  ) {}

  get<Answer>(path: string): Promise<Answer | undefined> {
    return this.#ask<Answer>(path, {})
  }

  /** True once the API has said that the task is durable. */
  async submit(id: string, type: string, input: unknown): Promise<boolean> {
    const body = JSON.stringify({ id, type, input })
    const headers = { 'content-type': 'application/json' }
    return (await this.#ask<TaskView>('/v1/tasks', { method: 'POST', headers, body })) !== undefined
  }

  /** Submits until the API has said so: with an id of the caller's, a repeat adds nothing. */
  async submitForCertain(id: string, type: string, input: unknown): Promise<void> {
    while (!(await this.submit(id, type, input)));
  }

  async #ask<Answer>(
    path: string,
    init: RequestInit & { headers?: Record<string, string> },
  ): Promise<Answer | undefined> {
    try {
      const { url } = await this.api.ready()
      const headers = { authorization: `Bearer ${this.token}`, ...init.headers }
      const response = await fetch(`${url}${path}`, { ...init, headers, signal: AbortSignal.timeout(TIMEOUT_MS) })
      if (response.ok) return (await response.json()) as Answer
      if (response.status < 500) throw new RefusedError(`${response.status} ${await response.text()}`)
      return undefined
    } catch (error) {
      if (error instanceof RefusedError) throw error
      return undefined // killed before, while or after it did what it was asked
    }
  }
}

class RefusedError extends Error {}
