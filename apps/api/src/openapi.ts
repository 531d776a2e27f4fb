import type { RouteGroup } from './routes/route.js'
import { VERSION } from './version.js'

/** Serves the description of every route that was registered before, as OpenAPI 3.1. */
export const describeApi = (app: RouteGroup): void => {
  app.openAPIRegistry.registerComponent('securitySchemes', 'bearer', {
    type: 'http',
    scheme: 'bearer',
    description: 'The token of `<data dir>/token`, or HOLDFAST_TOKEN.',
  })
  app.doc31('/openapi.json', {
    openapi: '3.1.0',
    info: {
      title: 'Holdfast',
      version: VERSION,
      description: 'Tasks, work items, checkpoints, journals and search. Refusals are problem documents (RFC 9457).',
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    servers: [{ url: '/' }],
  })
}
