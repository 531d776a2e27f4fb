import type { StandardSchemaV1 } from '@standard-schema/spec'

/** What a schema made of a value: the value it stands for, or what is wrong with it, in words. */
export type Validation =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly issues: string }

/** More issues than this help nobody; an invalid list of a thousand rows says the same thing a thousand times. */
const ISSUES_NAMED = 10

/** Checks a value by any Standard Schema (zod, valibot, arktype …). Without a schema every value passes, at once. */
export const validate = (schema: StandardSchemaV1 | undefined, value: unknown): Validation | Promise<Validation> =>
  schema ? validateBy(schema, value) : { ok: true, value }

const validateBy = async (schema: StandardSchemaV1, value: unknown): Promise<Validation> => {
  const result = await schema['~standard'].validate(value)
  return result.issues ? { ok: false, issues: describe(result.issues) } : { ok: true, value: result.value }
}

const describe = (issues: readonly StandardSchemaV1.Issue[]): string => {
  const named = issues.slice(0, ISSUES_NAMED).map(({ message, path = [] }) => {
    const at = path.map((step) => String(typeof step === 'object' ? step.key : step)).join('.')
    return at === '' ? message : `${at}: ${message}`
  })
  const more = issues.length - named.length
  return named.concat(more > 0 ? [`and ${more} more`] : []).join('; ')
}
