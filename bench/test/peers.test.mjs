import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { HOLDFAST, PEERS, peerNamed } from '../peers/adapters/index.mjs'
import { bullmq } from '../peers/adapters/bullmq.mjs'
import { ROWS, rowsNamed } from '../peers/rows/index.mjs'
import { compare } from '../peers/support/compare.mjs'
import { whatIsMissing } from '../peers/support/missing.mjs'
import { isNewEnough } from '../peers/support/node.mjs'
import { summarize, tableOf } from '../peers/support/table.mjs'

/** The repository. */
const ROOT = join(import.meta.dirname, '../..')

const FOLDER = join(ROOT, 'bench/peers')
const json = (path) => JSON.parse(readFileSync(join(FOLDER, path), 'utf8'))

describe('the table of peers', () => {
  it('loads without an install, and knows every peer by one name', () => {
    const names = [HOLDFAST, ...PEERS].map(({ name }) => name)

    expect(new Set(names).size).toBe(names.length)
    expect(names.map((name) => peerNamed(name).name)).toEqual(names)
    expect(() => peerNamed('nobody')).toThrow('there is no peer nobody')
  })

  it('holds every adapter that lies in the folder', () => {
    const files = readdirSync(join(FOLDER, 'adapters')).filter((file) =>
      readFileSync(join(FOLDER, 'adapters', file), 'utf8').includes('sizeBytes'),
    )

    expect(files.filter((file) => file !== 'index.mjs').sort()).toEqual(
      [HOLDFAST, ...PEERS].map(({ name }) => `${name}.mjs`).sort(),
    )
  })

  it.each([HOLDFAST, ...PEERS])('states the durability and settings of each variant: $name', (peer) => {
    for (const variant of peer.variants) {
      expect(['process', 'power']).toContain(variant.level)
      expect(variant.durability).toMatch(/fsync|synchronous/)
      expect(variant.settings.length).toBeGreaterThan(0)
      expect(variant.jobsPerSecond).toBeGreaterThan(0)
    }
    expect(peer.variants.filter(({ asShipped }) => asShipped)).toHaveLength(1)
    expect(peer.unlike.length).toBeGreaterThan(0)
    expect(['file', 'postgres', 'redis']).toContain(peer.storage)
    for (const ability of ['create', 'open', 'sizeBytes']) expect(peer[ability]).toBeTypeOf('function')
  })

  it('pins what the peers need, and locks the same versions', () => {
    const { dependencies } = json('package.json')
    const locked = json('package-lock.json').packages
    const needed = PEERS.flatMap(({ packages }) => packages).filter((name) => !name.startsWith('node:'))

    expect(Object.keys(dependencies).sort()).toEqual([...new Set(needed)].sort())
    for (const [name, version] of Object.entries(dependencies))
      expect(locked[`node_modules/${name}`].version).toBe(version)
  })
})

describe('the rows', () => {
  it('have names of their own, and backlog stands for all of its depths', () => {
    const names = ROWS.map(({ name }) => name)

    expect(new Set(names).size).toBe(names.length)
    expect(rowsNamed('jobs').map(({ name }) => name)).toEqual(['jobs'])
    expect(rowsNamed('backlog')).toHaveLength(3)
    expect(rowsNamed('nothing')).toEqual([])
  })
})

describe('a peer that cannot be measured here', () => {
  it('is named with the reason: a package that is not installed', async () => {
    const missing = await whatIsMissing([{ name: 'ghost', storage: 'file', packages: ['no-such-queue'] }])

    expect(missing.get('ghost')).toMatch(/no-such-queue does not load: Cannot find package/)
  })

  it('is named with the reason: no Redis', async () => {
    const missing = await whatIsMissing([{ ...bullmq, packages: [] }], { PATH: '/nowhere' })

    expect(missing.get('bullmq')).toMatch(/^no Redis/)
  })

  it('is left in when nothing is missing', async () => {
    const missing = await whatIsMissing([{ name: 'here', storage: 'file', packages: ['node:fs'] }])

    expect(missing.size).toBe(0)
  })

  it.each([
    ['>=22.18.0', '22.17.9', false],
    ['>=22.18.0', '22.18.0', true],
    ['>=22', '24.1.0', true],
    ['>=22', '20.20.2', false],
    ['20.x || 22.x', '18.0.0', true],
    [undefined, '18.0.0', true],
  ])('engines %s on Node %s: %s', (engines, version, enough) => {
    expect(isNewEnough(engines, version)).toBe(enough)
  })
})

describe('a comparison', () => {
  const peer = (name, level) => ({
    name,
    packages: [],
    variants: [{ name: 'default', level, durability: 'synchronous=FULL', settings: 'defaults', asShipped: true }],
  })
  const context = { rounds: 2, options: {}, servers: {}, say() {} }
  const rowOf = (measure, rest = {}) => ({ name: 'row', title: 'Row', unit: 'jobs/s', measure, ...rest })

  it('has Holdfast run before each peer, at the same durability level', async () => {
    const order = []
    const measure = async (subject) => {
      order.push(`${subject.peer.name} ${subject.variant.name}`)
      return { value: 1 }
    }

    await compare(rowOf(measure), [peer('a', 'power'), peer('b', 'process')], { ...context, rounds: 1 })

    expect(order).toEqual(['holdfast power', 'a default', 'holdfast process', 'b default'])
  })

  it('has Holdfast run once per level where its set-up is long', async () => {
    const order = []
    const measure = async (subject) => {
      order.push(subject.peer.name)
      return { value: 1 }
    }
    const peers = [peer('a', 'power'), peer('b', 'process'), peer('c', 'power')]

    await compare(rowOf(measure, { oncePerLevel: true, rounds: 1 }), peers, context)

    expect(order).toEqual(['holdfast', 'a', 'c', 'holdfast', 'b'])
  })

  it('sums up by the median of the rounds, the ratio too, and says who is ahead', async () => {
    const values = { holdfast: [100, 300], a: [200, 200] }
    const row = rowOf(async (subject) => ({ value: values[subject.peer.name].shift() }))

    const { figures } = summarize(await compare(row, [peer('a', 'power')], context))

    expect(figures[0]).toMatchObject({ result: { median: 200, values: [200, 200] }, ratio: 1, ahead: 'even' })
    expect(figures[0].holdfast.result.median).toBe(200)
  })

  it.each([
    [false, 50, 'Holdfast'],
    [false, 200, 'peer'],
    [true, 50, 'peer'],
    [true, 200, 'Holdfast'],
  ])(
    'lower is better: %s; the peer has %i where Holdfast has 100: ahead is %s',
    async (lowerIsBetter, theirs, ahead) => {
      const row = rowOf(async (subject) => ({ value: subject.peer.name === 'a' ? theirs : 100 }), { lowerIsBetter })

      const { figures } = summarize(await compare(row, [peer('a', 'power')], context))

      expect(figures[0].ahead).toBe(ahead)
    },
  )

  it('goes on when a measurement fails, and shows why', async () => {
    const row = rowOf(async (subject) => {
      if (subject.peer.name === 'a') throw new Error('database is locked')
      return { value: 10 }
    })

    const table = tableOf(summarize(await compare(row, [peer('a', 'power'), peer('b', 'power')], context)))

    expect(table).toContain('| a, default | synchronous=FULL |  (failed: database is locked) | 10 (power) |')
    expect(table).toContain('| b, default | synchronous=FULL | 10 | 10 (power) | 1 × | even |')
  })

  it('shows what took longer than anybody waited, and who has no such figure', async () => {
    const row = rowOf(async (subject) => (subject.peer.name === 'a' ? { beyond: 60 } : { value: 0.5 }), {
      whyNot: ({ name }) => (name === 'b' ? 'has no bulk call' : undefined),
    })

    const table = tableOf(summarize(await compare(row, [peer('a', 'power'), peer('b', 'power')], context)))

    expect(table).toContain('| > 60 | 0.5 (power) |  | Holdfast |')
    expect(table).toContain('| b, default | synchronous=FULL | has no bulk call |  |  |  |')
  })
})
