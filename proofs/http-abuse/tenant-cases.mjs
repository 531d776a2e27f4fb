import { filled } from './routes.mjs'

const ACCEPTS = ['application/json', 'text/event-stream']

/**
 * Another tenant's ids at every place where a route takes something: what they name isn't there.
 *
 * @param {object} knows
 * @param {import('./routes.mjs').Route[]} knows.routes
 * @param {readonly string[]} knows.ids The other tenant's.
 * @param {number} knows.rows How many rows the file may have: cursors point at each.
 * @returns {import('./request.mjs').Case[]}
 */
export const tenantCases = ({ routes, ids, rows }) => [
  ...routes.filter(({ namesSomething }) => namesSomething).flatMap((route) => ids.flatMap((id) => byName(route, id))),
  ...routes
    .filter(({ query }) => query.length > 0)
    .flatMap((route) => [...byQuery(route, ids), ...byCursor(route, rows)]),
]

const NOT_THERE = ['task.not_found', 'work_item.not_found', 'checkpoint.not_found']

const byName = (route, id) =>
  ACCEPTS.flatMap((accept) => {
    const request = {
      family: "another tenant's id",
      target: filled(route, encodeURIComponent(id)),
      headers: [['Accept', accept]],
      answers: NOT_THERE,
    }
    const methods = route.method === 'GET' ? ['GET', 'HEAD'] : [route.method]
    return methods.map((method) => ({ ...request, method }))
  })

/** Whatever these answer, it is told by nobody's secret. */
const byQuery = (route, ids) =>
  [...ids, 'kookaburra', 'canary', 'knows'].flatMap((value) =>
    route.query.map((name) => ({
      family: "another tenant's id in a query",
      method: route.method,
      target: `${filled(route, ids[0])}?q=kookaburra&${name}=${encodeURIComponent(value)}`,
    })),
  )

const byCursor = (route, rows) =>
  route.query.includes('cursor')
    ? Array.from({ length: rows }, (_, seq) => ({
        family: 'a cursor at every row',
        method: route.method,
        target: `${filled(route, 'x')}?limit=50&cursor=${Buffer.from(`after ${seq}`).toString('base64url')}`,
      }))
    : []
