import type { MiddlewareHandler } from 'hono'
import { RequestRefusedError } from '../problem.js'
import { jsonDepth } from './json-depth.js'
import { checkStorable } from './storable-text.js'

/** Deeper nesting overflows the stack of programs that walk it recursively, a user's schema among them. */
export const MAX_JSON_DEPTH = 64

/**
 * Lets a POST through when its body is one JSON value in UTF-8, and says so in its Content-Type: a browser sends
 * `application/json` across sites only after asking, and this server never allows it. A POST may have no body at all.
 *
 * @throws {RequestRefusedError} `http.content_type`, `http.malformed`, `http.too_deep`; `input.invalid_text`
 */
export const requireJson: MiddlewareHandler = async (c, next) => {
  if (c.req.method === 'POST') {
    const type = c.req.header('content-type')
    if (type !== undefined && !isJson(type)) throw wrongType(JSON.stringify(type))
    const bytes = await c.req.arrayBuffer()
    if (bytes.byteLength > 0 && type === undefined) throw wrongType('undeclared')
    if (type !== undefined) checkJson(bytes)
  }
  await next()
}

const isJson = (type: string): boolean => /^application\/json *(; *charset="?utf-8"? *)?$/i.test(type.trim())

const checkJson = (bytes: ArrayBuffer): void => {
  const text = decode(bytes)
  if (jsonDepth(text) > MAX_JSON_DEPTH) {
    throw new RequestRefusedError('http.too_deep', `the body is nested deeper than ${MAX_JSON_DEPTH} levels`, {
      details: { limit: MAX_JSON_DEPTH },
    })
  }
  checkStorable(text, parse(text))
}

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    throw new RequestRefusedError('http.malformed', text === '' ? 'the body is empty' : 'the body is not JSON')
  }
}

const decode = (bytes: ArrayBuffer): string => {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new RequestRefusedError('http.malformed', 'the body is not UTF-8')
  }
}

const wrongType = (found: string): RequestRefusedError =>
  new RequestRefusedError('http.content_type', `the body must be application/json, not ${found}`)
