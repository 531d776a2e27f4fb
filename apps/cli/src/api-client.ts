import { EventSourceParserStream, type EventSourceMessage } from 'eventsource-parser/stream'
import type { Endpoint } from './endpoint.js'
import { CliError } from './failure.js'

export type Query = Readonly<Record<string, string | number | undefined>>

/** Speaks to the API. Refusals become {@link CliError}s with the API's own codes. */
export class ApiClient {
  constructor(
    private readonly endpoint: Endpoint,
    private readonly signal?: AbortSignal,
  ) {}

  /** The caller names the shape that the route is documented to answer with. */
  async get<Answer>(path: string, query: Query = {}): Promise<Answer> {
    return answerOf(await this.#request('GET', path, { query }))
  }

  async post<Answer>(path: string, body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return answerOf(await this.#request('POST', path, { body: JSON.stringify(body), headers }))
  }

  /** The events of a stream until it ends; a dropped connection ends it as well. */
  async *events(path: string, lastEventId?: string): AsyncGenerator<EventSourceMessage> {
    const response = await this.#request('GET', path, {
      headers: { Accept: 'text/event-stream', ...(lastEventId !== undefined && { 'Last-Event-ID': lastEventId }) },
    })
    if (!response.body) return
    yield* response.body.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream())
  }

  async #request(
    method: 'GET' | 'POST',
    path: string,
    options: { readonly query?: Query; readonly body?: string; readonly headers?: Readonly<Record<string, string>> },
  ): Promise<Response> {
    const url = new URL(this.endpoint.url + path)
    for (const [name, value] of Object.entries(options.query ?? {}))
      if (value !== undefined) url.searchParams.set(name, String(value))
    let response: Response
    try {
      response = await fetch(url, {
        method,
        headers: {
          Authorization: `Bearer ${this.endpoint.token}`,
          ...(options.body !== undefined && { 'Content-Type': 'application/json' }),
          ...options.headers,
        },
        ...(options.body !== undefined && { body: options.body }),
        ...(this.signal && { signal: this.signal }),
      })
    } catch (cause) {
      if (this.signal?.aborted) throw cause
      throw new CliError('cli.unreachable', `the API at ${this.endpoint.url} doesn't answer: is "npm start" running?`, {
        cause,
        isPassing: true,
      })
    }
    if (!response.ok) throw await refusalOf(response)
    return response
  }
}

interface Problem {
  readonly code?: string
  readonly detail?: string
  readonly title?: string
}

const answerOf = async <Answer>(response: Response): Promise<Answer> => {
  const text = await response.text()
  try {
    return JSON.parse(text) as Answer // the caller names the shape
  } catch (cause) {
    throw new CliError('cli.not_the_api', `${response.url} answers, but is no Holdfast API`, { cause })
  }
}

/** A server that stops, or has too much to do. */
const PASSING_STATUSES: readonly number[] = [429, 503]

const refusalOf = async (response: Response): Promise<CliError> => {
  const { status, statusText } = response
  const problem = problemIn(await response.text())
  return new CliError(problem.code ?? `http.${status}`, problem.detail ?? problem.title ?? `${status} ${statusText}`, {
    isPassing: PASSING_STATUSES.includes(status),
  })
}

const problemIn = (text: string): Problem => {
  try {
    const parsed: unknown = JSON.parse(text)
    return typeof parsed === 'object' && parsed !== null ? parsed : {}
  } catch {
    return {} // every refusal of the API is a problem document; what isn't is told by its status
  }
}
