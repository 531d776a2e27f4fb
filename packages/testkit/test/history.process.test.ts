import { fileURLToPath } from 'node:url'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { checkHistory, describeViolation, readFinalState, readHistory } from '../src/history/index.js'
import { openTestStore, spawnNode, type NodeProcess, type TestStore } from '../src/index.js'
import { driver } from './support/driver.js'

const WORKER = fileURLToPath(new URL('./fixtures/recording-worker.mjs', import.meta.url))
const ITEMS = 500

let test: TestStore
let folder: string
const workers: NodeProcess[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-history-'))
  test = await openTestStore({ driver, durability: 'process' })
})
afterEach(async () => {
  for (const worker of workers.splice(0)) await worker.kill()
  await test.close()
  await rm(folder, { recursive: true, force: true })
})

const fileOf = (name: string): string => join(folder, `${name}.jsonl`)

const start = (name: string): NodeProcess => {
  const worker = spawnNode(WORKER, {
    args: [test.path, fileOf(name), name],
    env: { HOLDFAST_SQLITE_DRIVER: driver },
  })
  workers.push(worker)
  return worker
}

const isReady = (line: unknown): line is object => typeof line === 'object' && line !== null && 'ready' in line

const isBatch = (line: unknown): line is object => typeof line === 'object' && line !== null && 'completed' in line

describe('a history of several processes', () => {
  it('merges what each wrote on one clock, up to the kill of one of them, and finds nothing wrong with the store', async () => {
    await Promise.all(Array.from({ length: ITEMS }, (_, n) => test.enqueue({ id: `item-${n}`, input: n })))
    const beforeNs = Number(process.hrtime.bigint())

    const [doomed, steady] = [start('doomed'), start('steady')]
    for (const worker of workers) await worker.line(isReady)
    for (const worker of workers) worker.say('go')
    await doomed.line(isBatch)
    await doomed.kill()
    const exit = await steady.exited

    expect({ exit, errors: steady.errors() }).toEqual({ exit: { code: 0, signal: null }, errors: '' })
    const afterNs = Number(process.hrtime.bigint())
    const operations = await readHistory(['doomed', 'steady'].map(fileOf))
    expect(new Set(operations.map((operation) => operation.process))).toEqual(new Set(['doomed', 'steady']))
    expect(operations.every(({ invokedAtNs }) => invokedAtNs > beforeNs && invokedAtNs < afterNs)).toBe(true)
    expect(operations.filter(({ process: name, answer }) => name === 'steady' && answer.as !== 'ok')).toEqual([])
    const verdict = checkHistory(operations, await readFinalState(test.store, operations))
    expect(verdict.violations.map(describeViolation)).toEqual([])
    expect(verdict.items).toBeGreaterThan(ITEMS / 2)
  }, 120_000)
})
