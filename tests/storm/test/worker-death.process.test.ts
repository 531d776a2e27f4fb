import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { uuidV7 } from '@holdfast/store'
import { StandingProgram } from '@holdfast/testkit'
import { HttpApi } from './http-api.js'
import { PROGRAMS } from './programs.js'

const TOKEN = 'a-token-for-tests-only'
const CONFIG = fileURLToPath(new URL('./fixtures/holdfast.config.ts', import.meta.url))
const ITEMS = 10
/** A sweep and a poll take two to three seconds at most; this leaves room for a busy machine. The leases last 30 s. */
const NOTICED_MS = 10_000

interface Item {
  readonly state: string
  readonly leaseOwner: string | null
  readonly attempt: number
}
interface Event {
  readonly type: string
  readonly data: { readonly reason?: string } | null
}

describe('a worker that is killed while it holds items', () => {
  it('is noticed by the others at once, and all its items run again, long before their leases would end', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'holdfast-death-'))
    onTestFinished(() => rm(dataDir, { recursive: true, force: true, maxRetries: 3 }))
    const start = async (script: string): Promise<StandingProgram> => {
      const program = new StandingProgram(script, {
        dataDir,
        env: { HOLDFAST_CONFIG: CONFIG, HOLDFAST_TOKEN: TOKEN, HOLDFAST_CONCURRENCY: String(ITEMS) },
      })
      onTestFinished(() => program.kill())
      await program.ready()
      return program
    }
    const http = new HttpApi(await start(PROGRAMS.api), TOKEN)
    const ids = Array.from({ length: ITEMS }, () => uuidV7())
    for (const id of ids) await http.submitForCertain(id, 'hang', null)
    const items = () => Promise.all(ids.map((id) => http.get<Item>(`/v1/items/${id}`)))
    const runningUnder = async (pid: number) =>
      (await items()).filter((item) => item?.state === 'running' && item.leaseOwner?.endsWith(`:${pid}`)).length
    const doomed = await start(PROGRAMS.worker)
    await expect.poll(() => runningUnder(doomed.pid), { timeout: 10_000 }).toBe(ITEMS)
    const survivor = await start(PROGRAMS.worker)

    await doomed.kill()
    const diedAtMs = performance.now()
    await expect.poll(() => runningUnder(survivor.pid), { timeout: 25_000, interval: 50 }).toBe(ITEMS)

    expect(performance.now() - diedAtMs).toBeLessThan(NOTICED_MS)
    expect((await items()).map((item) => item?.attempt)).toEqual(ids.map(() => 2))
    const journals = await Promise.all(
      ids.map((id) => http.get<{ readonly events: readonly Event[] }>(`/v1/items/${id}/events`)),
    )
    for (const journal of journals) {
      const told = journal?.events.map(({ type, data }) => `${type} ${data?.reason ?? ''}`.trim())
      expect(told).toContain('lease.expired process_dead')
    }
  })
})
