import { z } from '@hono/zod-openapi'
import type { SearchHit } from '@holdfast/memory'
import { name } from './json-schemas.js'

/** A text that was found, as memory describes it. */
export const searchHitSchema: z.ZodType<SearchHit> = z
  .object({
    namespace: name,
    key: z.string(),
    documentPath: z.string().nullable(),
    headingTrail: z.string(),
    snippet: z.string().openapi({ description: 'the matching words stand between [ and ]' }),
    contentHash: z.string(),
    score: z.number().openapi({ description: 'larger is better; comparable within one answer only' }),
  })
  .openapi('SearchHit')
