import { describe, expect, it, onTestFinished } from 'vitest'
import { openDatabase } from '../../src/sqlite/database.js'
import { drizzleOver } from '../../src/sqlite/driver/drizzle.js'
import { oneStatement, within } from '../../src/sqlite/module.js'
import { granted, operation } from '../../src/operation.js'
import { tempPath } from './temp-folder.js'

describe('an operation inside a transaction of the caller', () => {
  const answer = oneStatement(operation<object, number>('toys.answer'), () => () => granted(42))

  const open = () => {
    const connection = openDatabase({ path: tempPath(), role: 'writer', create: true })
    onTestFinished(() => connection.close())
    return connection
  }

  it('runs on a connection that the factory opened', () => {
    expect(open().db.transaction((tx) => within(tx, answer, {}))).toBe(42)
  })

  it('is refused on any other, whose settings nobody vouches for: store.foreign_connection', () => {
    const connection = open()
    const foreign = drizzleOver({
      prepare: (text: string) => connection.prepare(text),
      transaction: () => () => {},
    } as never)

    expect(() => within(foreign, answer, {})).toThrow(expect.objectContaining({ code: 'store.foreign_connection' }))
  })
})
