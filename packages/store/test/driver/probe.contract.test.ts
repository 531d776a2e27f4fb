import { openStore } from '@holdfast/store/sqlite'
import { describe, expect, it } from 'vitest'
import { chooseDriver } from '../../src/sqlite/driver/choose.js'
import type { NativeDatabase, NativeStatement } from '../../src/sqlite/driver/native.js'
import { assertFit, differenceOf } from '../../src/sqlite/driver/probe.js'

const real = chooseDriver()

/** The driver with one thing about it made otherwise. */
const driverWith = (change: (native: NativeDatabase) => Partial<NativeDatabase>) => ({
  name: real.name,
  copy: '/somewhere/else.node',
  open: (path: string): NativeDatabase => {
    const native = real.open(path)
    const usual: NativeDatabase = {
      driver: native.driver,
      get inTransaction() {
        return native.inTransaction
      },
      exec: (sql) => native.exec(sql),
      prepare: (sql) => native.prepare(sql),
      close: () => native.close(),
    }
    return Object.defineProperties(usual, Object.getOwnPropertyDescriptors(change(native)))
  },
})

const statementWith = (change: (statement: NativeStatement, sql: string) => Partial<NativeStatement>) =>
  driverWith((native) => ({
    prepare: (sql) => {
      const statement = native.prepare(sql)
      return { ...statement, ...change(statement, sql) }
    },
  }))

const withMessage = (error: unknown, message: string): Error => Object.assign(error as Error, { message })

describe('the probe of a driver', () => {
  it('finds nothing otherwise in the one that runs here, within ten milliseconds', () => {
    // The best of some: a machine that does something else in between says nothing about the probe.
    const tookMs = Array.from({ length: 20 }, () => {
      const startedMs = performance.now()
      expect(differenceOf(real)).toBeUndefined()
      return performance.now() - startedMs
    })

    expect(Math.min(...tookMs)).toBeLessThan(10)
    expect(() => assertFit(real)).not.toThrow()
  })

  it.each([
    [
      'counts nothing that it changed',
      statementWith(({ run }) => ({ run: (params) => ({ ...run(params), changes: 0 }) })),
    ],
    ['takes a RETURNING for a statement without rows', statementWith(() => ({ returnsRows: false }))],
    [
      'forgets the rows of a RETURNING',
      statementWith(({ all }, sql) => ({ all: (params) => (/returning/i.test(sql) ? [] : all(params)) })),
    ],
    [
      'stays in the transaction of a RETURNING',
      driverWith((native) => ({
        prepare: (sql) => {
          const statement = native.prepare(sql)
          const isLeft = /returning/i.test(sql)
          return { ...statement, all: (params) => (isLeft ? statement.all(params).slice(0, 0) : statement.all(params)) }
        },
      })),
    ],
    [
      'adds a column of its own to rows',
      statementWith(({ all }) => ({ all: (params) => all(params).map((row) => ({ ...row, _metadata: 1 })) })),
    ],
    [
      'cuts text',
      statementWith(({ all }) => ({
        all: (params) =>
          all(params).map((row) => ('text' in row ? { ...row, text: String(row.text).slice(0, 2) } : row)),
      })),
    ],
    ['believes that no transaction is open', driverWith(() => ({ inTransaction: false }))],
    [
      'keeps what was to be undone',
      driverWith((native) => ({ exec: (sql) => native.exec(sql.replace('ROLLBACK TO one;', '')) })),
    ],
    [
      "puts words of its own before a trigger's",
      statementWith(({ run }) => ({
        run: (params) => {
          try {
            return run(params)
          } catch (error) {
            throw withMessage(error, `SQLite error: ${(error as Error).message}`)
          }
        },
      })),
    ],
    [
      'fails without a code',
      statementWith(({ run }) => ({
        run: (params) => {
          try {
            return run(params)
          } catch {
            throw new Error('constraint failed')
          }
        },
      })),
    ],
    [
      'lets recursive triggers sleep',
      driverWith((native) => ({
        exec: (sql) => native.exec(sql.replace('recursive_triggers = 1', 'recursive_triggers = 0')),
      })),
    ],
    [
      'lets foreign keys sleep',
      driverWith((native) => ({ exec: (sql) => native.exec(sql.replace('foreign_keys = 1', 'foreign_keys = 0')) })),
    ],
  ])('names what is otherwise in one that %s', (_what, driver) => {
    expect(differenceOf(driver)).toMatchObject({
      code: 'driver.unfit',
      details: { driver: real.name, copy: '/somewhere/else.node', expectation: expect.stringMatching(/\w/) },
    })
  })

  it('keeps a store from being opened on one that is otherwise', async () => {
    const unfit = driverWith(() => ({ inTransaction: false }))

    expect(() => assertFit(unfit)).toThrow(expect.objectContaining({ code: 'driver.unfit' }))
    expect(() => assertFit(unfit)).toThrow(expect.objectContaining({ code: 'driver.unfit' }))
  })

  it('is passed by whatever opens a store here', async () => {
    await expect(openStore({ path: ':memory:' }).then((store) => store.close())).resolves.toBeUndefined()
  })
})
