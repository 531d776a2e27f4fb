import { PacedLog } from '@holdfast/engine/app'
import type { Context } from 'hono'
import { HTTPException } from 'hono/http-exception'
import { methodNotAllowed } from 'hono/method-not-allowed'
import { requestId } from 'hono/request-id'
import { requireBearer } from './guards/bearer.js'
import { BodyBudget } from './guards/body-budget.js'
import { allowHosts } from './guards/host.js'
import { requireJson } from './guards/json-body.js'
import { refuseForeignOrigins } from './guards/origin.js'
import { readBody } from './guards/read-body.js'
import { describeApi } from './openapi.js'
import { problemOf, problemResponse, RequestRefusedError } from './problem.js'
import { logRequests, silent, type ApiLog } from './request-log.js'
import { responseHeaders } from './response-headers.js'
import type { ApiContext, ApiStore } from './routes/api-context.js'
import { checkpointRoutes } from './routes/checkpoints.js'
import { eventRoutes } from './routes/events.js'
import { healthRoutes } from './routes/health.js'
import { routeGroup, type ApiEnv, type RouteGroup } from './routes/route.js'
import { searchRoutes } from './routes/search.js'
import { submitTaskRoute } from './routes/submit-task.js'
import { taskRoutes } from './routes/tasks.js'
import { watchRoutes } from './routes/watch.js'
import { workItemRoutes } from './routes/work-items.js'
import { PACE, type Pace } from './streams/follow.js'
import { OpenStreams } from './streams/open-streams.js'

export interface ApiOptions {
  /** Opened for the one tenant that the token stands for. */
  readonly store: ApiStore
  readonly memory: ApiContext['memory']
  /** The task types that may be submitted. */
  readonly tasks: ApiContext['tasks']
  /** What callers must send as `Authorization: Bearer …`. */
  readonly token: string
  /** Hosts beside loopback that this server answers to. */
  readonly allowedHosts?: readonly string[]
  readonly streams?: OpenStreams
  /** What bodies may take together; of its own unless it is given. */
  readonly bodies?: BodyBudget
  readonly pace?: Pace
  readonly log?: ApiLog
  /** Why the store writes nothing at the moment: `store.metrics().trouble`. `/health` tells. */
  readonly trouble?: ApiContext['trouble']
}

const OF_THE_DISK: ReadonlySet<string> = new Set(['store.disk_full', 'store.io'])

/** In the order of a first reading; the description lists them so. */
const V1 = [submitTaskRoute, taskRoutes, workItemRoutes, checkpointRoutes, eventRoutes, watchRoutes, searchRoutes]

/**
 * The HTTP API over an opened store. Needs no server: `app.request()` answers in tests, `app.fetch` anywhere else.
 *
 * Every request is checked in this order: Host, Origin, token, size, content type, JSON. The first check that fails
 * refuses it, and nothing behind it sees it.
 */
export const createApi = (options: ApiOptions): RouteGroup => {
  const {
    store,
    memory,
    tasks,
    log = silent,
    streams = new OpenStreams(),
    bodies = new BodyBudget(),
    pace = PACE,
    trouble = () => undefined,
  } = options
  const paced = new PacedLog(log)
  const onError = (error: unknown, id: string): void => {
    const { status, code } = problemOf(error, id).problem
    if (status < 500) return
    const facts = { err: error, requestId: id, code }
    // What a disk says to one request it says to all.
    if (OF_THE_DISK.has(code)) paced.error(code, facts, 'a request failed')
    // Others' doing, as often as they like.
    else if (code === 'http.overloaded') paced.warn(code, facts, 'bodies took too much room, and one was cut off')
    else log.error(facts, 'a request failed')
  }
  const context: ApiContext = { store, memory, tasks, streams, pace, onError, trouble }

  const app = routeGroup()
  app.use(requestId(), logRequests(log), responseHeaders)
  app.use(allowHosts(options.allowedHosts ?? []), refuseForeignOrigins)
  app.route('/', healthRoutes(context))
  app.use(requireBearer(options.token), methodNotAllowed({ app, onMethodNotAllowed }), readBody(bodies), requireJson)
  for (const routes of V1) app.route('/v1', routes(context))
  describeApi(app)

  app.notFound((c) =>
    problemResponse(new RequestRefusedError('http.not_found', `there is no ${c.req.path}`), c.get('requestId')),
  )
  app.onError((thrown, c) => {
    const error = asRefusal(thrown)
    onError(error, c.get('requestId'))
    return problemResponse(error, c.get('requestId'))
  })
  return app
}

const onMethodNotAllowed = (c: Context<ApiEnv>, methods: string[]): Response => {
  const allow = methods.join(', ')
  const message = `${c.req.path} takes ${allow}, not ${c.req.method}`
  const refusal = new RequestRefusedError('http.method_not_allowed', message, { headers: { Allow: allow } })
  return problemResponse(refusal, c.get('requestId'))
}

/** The framework's own refusals under our codes. The guards come first, so few are ever made. */
const asRefusal = (thrown: unknown): unknown => {
  if (!(thrown instanceof HTTPException)) return thrown
  if (thrown.status === 400) return new RequestRefusedError('http.malformed', thrown.message)
  if (thrown.status === 415) return new RequestRefusedError('http.content_type', 'the body must be application/json')
  return thrown
}
