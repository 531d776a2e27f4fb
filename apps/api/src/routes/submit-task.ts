import { createRoute, z } from '@hono/zod-openapi'
import { MAX_NAME_LENGTH, uuidV7 } from '@holdfast/store'
import { parseIdempotencyKey } from '../idempotency-key.js'
import { present } from '../present.js'
import { checkTaskInput } from '../task-input.js'
import { BEARER, jsonAnswer, refusals } from './description.js'
import type { ApiContext } from './api-context.js'
import { routeGroup, type RouteGroup } from './route.js'

const name = z.string().min(1).max(MAX_NAME_LENGTH)
const moment = z.int().min(0)

// Strict: a misspelt option must not be taken for an absent one.
const body = z
  .strictObject({
    type: name.openapi({ description: 'the name of a task definition' }),
    input: z.unknown().optional().openapi({ description: "checked by the definition's own schema; null when absent" }),
    id: name.optional().openapi({ description: 'made by the caller, so that a repeat adds nothing' }),
    priority: z.int().optional().openapi({ description: 'larger first' }),
    delayMs: moment.optional(),
    visibleAtMs: moment.optional(),
    deadlineAtMs: moment.optional(),
    maxAttempts: z.int().min(1).optional(),
    metadata: z.record(z.string(), z.unknown()).optional(),
  })
  .openapi('SubmitTask')

const submitted = z.object({ id: name, type: name }).openapi('SubmittedTask')

const submitTask = createRoute({
  method: 'post',
  path: '/tasks',
  operationId: 'submitTask',
  summary: 'Submit a task',
  description:
    'The task is durable when the answer arrives. With an `Idempotency-Key`, key, task and answer are written in one ' +
    'transaction: the same key with the same body gets the same answer, byte for byte, with `Idempotency-Replayed: ' +
    'true`; with another body it is refused. An `id` alone also makes a repeat harmless.',
  security: BEARER,
  request: {
    headers: z.object({ 'idempotency-key': z.string().optional() }),
    body: { required: true, content: { 'application/json': { schema: body } } },
  },
  responses: {
    200: jsonAnswer('A task of this id, type and input was submitted before', submitted),
    201: jsonAnswer('The task was accepted; `Location` names it', submitted),
    ...refusals(
      'http.malformed',
      'http.idempotency_key',
      'http.content_type',
      'http.too_large',
      'input.too_large',
      'http.too_deep',
      'input.invalid',
      'input.invalid_text',
      'task.unknown_type',
      'task.invalid_input',
      'idempotency.conflict',
      'task.conflict',
      'idempotency.in_progress',
      'http.overloaded',
      'store.disk_full',
    ),
  },
})

/** POST /v1/tasks. */
export const submitTaskRoute = ({ store, tasks }: ApiContext): RouteGroup =>
  routeGroup().openapi(submitTask, async (c) => {
    const request = c.req.valid('json')
    const key = parseIdempotencyKey(c.req.header('idempotency-key'))
    const input = request.input ?? null
    const definition = tasks.require(request.type)
    await checkTaskInput(definition, input)

    // Fixed before the first try, so that the stored answer can name it.
    const answer = { id: request.id ?? uuidV7(), type: definition.name }
    const { created, replayed } = await store.tasks.submit({
      queue: definition.queue,
      maxAttempts: definition.maxAttempts,
      failurePolicy: definition.failurePolicy,
      ...(definition.timeoutMs === null ? {} : { timeoutMs: definition.timeoutMs }),
      ...present(request),
      // As it came: the schema runs again, and transforms, where the item runs.
      input,
      id: answer.id,
      // Keys of other uses live in the same table; the prefix keeps them apart.
      ...(key === undefined ? {} : { idempotency: { key: `http:${key}`, request, response: answer } }),
    })

    // What the store kept is what this API gave it the first time.
    const kept = (replayed ?? answer) as typeof answer
    if (replayed !== undefined) c.header('Idempotency-Replayed', 'true')
    c.header('Location', `/v1/tasks/${encodeURIComponent(kept.id)}`)
    return key !== undefined || created ? c.json(kept, 201) : c.json(kept, 200)
  })
