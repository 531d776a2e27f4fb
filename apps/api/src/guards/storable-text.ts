import { checkText } from '@holdfast/store'

/** In UTF-8 JSON a NUL and half of a surrogate pair can only be written as an escape. */
const SUSPICIOUS = /\\u(?:0000|d[89a-f])/i

/**
 * Refuses JSON whose texts no database gives back unchanged, member names included.
 *
 * @param text   The JSON; most has no such escape, and is not walked at all.
 * @param value  What it says. Its depth must be limited already.
 * @throws {InvalidTextError} `input.invalid_text`
 */
export const checkStorable = (text: string, value: unknown): void => {
  if (SUSPICIOUS.test(text)) walk('body', value)
}

const walk = (path: string, value: unknown): void => {
  if (typeof value === 'string') checkText(path, value)
  else if (Array.isArray(value)) for (const [index, item] of value.entries()) walk(`${path}[${index}]`, item)
  else if (typeof value === 'object' && value !== null) {
    for (const [key, member] of Object.entries(value)) {
      checkText(`a member name of ${path}`, key)
      walk(`${path}.${key}`, member)
    }
  }
}
