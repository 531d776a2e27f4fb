import { OpenAPIHono, type z } from '@hono/zod-openapi'
import { RequestRefusedError, type Issue } from '../problem.js'

/** What middleware leaves for handlers. */
export interface ApiEnv {
  Variables: { requestId: string }
}

export type RouteGroup = OpenAPIHono<ApiEnv>

/** A group of routes. A request that fits no schema is refused as `input.invalid`, with every issue. */
export const routeGroup = (): RouteGroup =>
  new OpenAPIHono<ApiEnv>({
    defaultHook: (result) => {
      if (!result.success) throw invalidInput(result.target, result.error.issues)
    },
  })

/** More than this in one line of text help nobody; `issues` has them all. */
const ISSUES_IN_DETAIL = 5

const invalidInput = (target: string, issues: readonly z.core.$ZodIssue[]): RequestRefusedError => {
  const found = issues.map(issueOf)
  const texts = found.slice(0, ISSUES_IN_DETAIL).map(({ path, message }) => [...path, message].join(': '))
  return new RequestRefusedError('input.invalid', `the ${target} does not fit: ${texts.join('; ')}`, { issues: found })
}

const issueOf = ({ path, message }: z.core.$ZodIssue): Issue => ({
  path: path.map((step) => (typeof step === 'symbol' ? String(step) : step)),
  message,
})
