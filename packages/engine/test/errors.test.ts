import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import {
  CancelledError,
  ConfigInvalidError,
  ConfigNotFoundError,
  DeadlineExceededError,
  engineErrorCodes,
  InvalidTaskInputError,
  InvalidTaskOutputError,
  ShutdownError,
  TimeoutError,
} from '../src/index.js'

const page = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8')

/** The rows of the table under "The engine". */
const described = () => {
  const section = page.split('\n## The engine\n')[1]?.split('\n## ')[0] ?? ''
  const rows = section.matchAll(/^\| `([^`]+)` \| .+ \| (yes|no) \| (.+) \|$/gm)
  return Array.from(rows, ([, code = '', retryable, advice = '']) => ({
    code,
    isRetryable: retryable === 'yes',
    advice,
  }))
}

describe('the table of error codes', () => {
  it('describes every code of the engine, and what to do about it', () => {
    expect(
      described()
        .map(({ code }) => code)
        .sort(),
    ).toEqual(engineErrorCodes())
    for (const { advice } of described()) expect(advice).toMatch(/^[A-Z].*\.$/)
  })

  it.each([
    CancelledError,
    ConfigInvalidError,
    ConfigNotFoundError,
    DeadlineExceededError,
    InvalidTaskInputError,
    InvalidTaskOutputError,
    ShutdownError,
    TimeoutError,
  ])('says of %o whether the same call may succeed later', (Known) => {
    const row = described().find(({ code }) => code === Known.code)

    expect(row?.isRetryable).toBe(new Known('why').retryable)
  })
})
