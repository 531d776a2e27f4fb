import { StoreError, type RefusalDetails } from '@holdfast/store'
import { problemKind, type ProblemStatus } from './problem-kinds.js'

/** One thing that is wrong with a request's input. */
export interface Issue {
  /** Where in the input: member names and list positions, outermost first. */
  readonly path: readonly (string | number)[]
  readonly message: string
}

/** The body of every refusal, as `application/problem+json`. Branch on `code`; the texts are for people. */
export interface Problem {
  /** `urn:holdfast:problem:` and the code. */
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  /** Stable and public: the same in TypeScript, in logs and in docs. */
  readonly code: string
  /** Names this request in the server's log. */
  readonly instance: string
  /** Facts for programs; which ones depends on the code. */
  readonly details?: RefusalDetails
  readonly issues?: readonly Issue[]
}

/** A request that this API refuses by itself; refusals of the store are {@link StoreError}s and pass as they are. */
export class RequestRefusedError extends StoreError {
  readonly issues: readonly Issue[] | undefined
  readonly headers: Readonly<Record<string, string>>

  constructor(
    code: string,
    message: string,
    extra: {
      readonly details?: RefusalDetails
      readonly issues?: readonly Issue[]
      readonly headers?: Readonly<Record<string, string>>
    } = {},
  ) {
    super(code, message, extra.details)
    this.name = 'RequestRefusedError'
    this.issues = extra.issues
    this.headers = extra.headers ?? {}
  }
}

/**
 * The answer to a failed request.
 *
 * A failure of the server (5xx) says its code and no more: its message may name files and statements, and belongs in
 * the log, where `requestId` finds it. What isn't a coded error is `http.internal`.
 *
 * @see RFC 9457, Problem Details for HTTP APIs
 */
export const problemOf = (error: unknown, requestId: string): { problem: Problem; headers: Record<string, string> } => {
  const known = error instanceof StoreError ? error : undefined
  const code = known && problemKind(known.code) ? known.code : 'http.internal'
  const { status, title, retryAfterS } = kindOf(code)
  const isOurs = status >= 500
  const issues = known instanceof RequestRefusedError ? known.issues : undefined
  return {
    problem: {
      type: `urn:holdfast:problem:${code}`,
      title,
      status,
      detail: isOurs || !known ? `${title}. The log has more under this request's id.` : known.message,
      code,
      instance: `urn:holdfast:request:${requestId}`,
      ...(known && !isOurs && Object.keys(known.details).length > 0 ? { details: known.details } : {}),
      ...(issues ? { issues } : {}),
    },
    headers: {
      'Content-Type': 'application/problem+json',
      ...(retryAfterS === undefined ? {} : { 'Retry-After': String(retryAfterS) }),
      ...(known instanceof RequestRefusedError ? known.headers : {}),
    },
  }
}

/** A problem as a response. */
export const problemResponse = (error: unknown, requestId: string): Response => {
  const { problem, headers } = problemOf(error, requestId)
  return new Response(JSON.stringify(problem), { status: problem.status, headers })
}

const kindOf = (code: string): { status: ProblemStatus; title: string; retryAfterS?: number } =>
  problemKind(code) ?? { status: 500, title: 'Something failed inside' }
