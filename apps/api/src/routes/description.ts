import type { z } from '@hono/zod-openapi'
import { problemKind } from '../problem-kinds.js'
import { problemSchema } from '../views/problem.js'

/** A JSON answer in a route's description. */
export const jsonAnswer = <Schema extends z.ZodType>(description: string, schema: Schema): JsonAnswer<Schema> => ({
  description,
  content: { 'application/json': { schema } },
})

interface JsonAnswer<Schema> {
  readonly description: string
  readonly content: { readonly 'application/json': { readonly schema: Schema } }
}

/** What every route behind the token may answer as well. */
const COMMON = ['http.unauthorized', 'http.host_refused', 'http.origin_refused', 'store.busy', 'store.overloaded']

/**
 * The refusals of a route, for its description: by status, each with its codes. Handlers throw them and never return
 * them, so to the type of a route they are nothing.
 */
export const refusals = (...codes: readonly string[]): object => {
  const byStatus: Record<number, { description: string; content: object }> = {}
  for (const code of [...COMMON, ...codes]) {
    const { status, title } = problemKind(code) ?? { status: 500, title: code }
    const line = `\`${code}\`: ${title}`
    const known = byStatus[status]
    if (known) known.description += `\n\n${line}`
    else byStatus[status] = { description: line, content: { 'application/problem+json': { schema: problemSchema } } }
  }
  return byStatus
}

/** The security of routes behind the token. */
export const BEARER: { readonly bearer: string[] }[] = [{ bearer: [] }]
