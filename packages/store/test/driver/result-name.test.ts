import { describe, expect, it } from 'vitest'
import { resultCodeOf } from '../../src/sqlite/driver/result-name.js'

describe('the number of a result code’s name', () => {
  it.each([
    ['SQLITE_BUSY', 5],
    ['SQLITE_BUSY_SNAPSHOT', 5],
    ['SQLITE_IOERR_SHORT_READ', 10],
    ['SQLITE_NOTADB', 26],
    ['SQLITE_CONSTRAINT', 19],
    ['SQLITE_CONSTRAINT_TRIGGER', 1811],
    ['SQLITE_CONSTRAINT_FUNCTION', 19],
    ['UNKNOWN_SQLITE_ERROR_3091', 3091],
  ])('%s is %i', (name, code) => {
    expect(resultCodeOf(name)).toBe(code)
  })

  it.each([['ENOENT'], ['ERR_SQLITE_ERROR'], ['SQLITE_'], ['SQLITE_NOVELTY'], ['toString'], [5], [undefined]])(
    'there is none for %s',
    (name) => {
      expect(resultCodeOf(name)).toBeUndefined()
    },
  )
})
