import { PROBLEM_KINDS } from '@holdfast/api'

/** Trouble that passes: the client is told when to come again. */
const LATER = [429, 503, 507]

/**
 * What is wrong with how a server took a case; undefined when it is as it must be.
 *
 * @param {import('./request.mjs').Case} request
 * @param {Awaited<ReturnType<typeof import('./raw-http.mjs').exchange>>} outcome
 * @param {readonly string[]} secrets What nobody may be told.
 * @returns {string | undefined}
 */
export const wrongWith = (request, { answers, raw, end }, secrets) => {
  if (secrets.some((secret) => raw.includes(secret))) return "another tenant's secret was told"
  if (end === 'silent') return 'no answer'
  if (answers.length === 0) return request.mayBeCut ? undefined : 'the connection was closed without an answer'
  return answers.map((answer) => wrongAnswer(request, answer)).find((wrong) => wrong !== undefined)
}

const wrongAnswer = (request, { status, headers, body }) => {
  if (LATER.includes(status)) return headers['retry-after'] === undefined ? `${status} without Retry-After` : undefined
  if (status >= 500) return `${status}: ${body}`
  // Only its status is told to a HEAD.
  const code = status < 400 ? 'ok' : request.method === 'HEAD' ? undefined : codeOf(status, headers, body)
  if (code === 'none') return `${status} without a problem document: ${body.slice(0, 200)}`
  if (request.answers && code !== undefined && !request.answers.includes(code))
    return `${code} (${status}), not ${request.answers.join(' or ')}`
  if (code === 'ok' && request.never !== undefined && body.includes(request.never))
    return `it was taken for what it isn't: ${body.slice(0, 200)}`
  return undefined
}

/** The code of a problem document whose every part is right; `none` where it isn't one. */
const codeOf = (status, headers, body) => {
  try {
    const { code, type, title, instance, ...rest } = JSON.parse(body)
    const isOne =
      headers['content-type'] === 'application/problem+json' &&
      PROBLEM_KINDS[code]?.status === status &&
      rest.status === status &&
      type === `urn:holdfast:problem:${code}` &&
      typeof title === 'string' &&
      instance.startsWith('urn:holdfast:request:')
    return isOne ? code : 'none'
  } catch {
    return 'none'
  }
}
