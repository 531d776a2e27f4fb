import { submitTask, uuidV7 } from '@holdfast/store'
import { openStore } from '@holdfast/store/sqlite'
import { inChild } from './in-child.mjs'
import { QUEUE } from './work.mjs'

/** Operations that wait at once: several groups, so that the writer always has the next one. */
const AT_ONCE = 10_000

/** Submits many items at the speed of the bulk path. */
const fill = async (store, { items, priority = 0, delayMs = 0, queue = QUEUE }) => {
  const input = { data: '{"n":1}', encoding: 'json', rawBytes: 7 }
  for (let done = 0; done < items; done += AT_ONCE) {
    const nowMs = Date.now()
    const batch = Array.from({ length: Math.min(AT_ONCE, items - done) }, () => ({
      tenant: 'default',
      failurePolicy: 'any',
      metadata: null,
      idempotency: null,
      nowMs,
      item: {
        id: uuidV7(),
        type: queue,
        queue,
        priority,
        input,
        maxAttempts: 3,
        visibleAtMs: nowMs + delayMs,
        deadlineAtMs: null,
        timeoutMs: null,
      },
    }))
    const verdicts = await store.submitAll(submitTask, batch)
    const refused = verdicts.find(({ ok }) => !ok)
    if (refused) throw new Error(refused.refusal.message)
  }
}

inChild(async ({ path, durability, parts, ...options }) => {
  const store = await openStore({ path, durability, readers: 0 })
  try {
    const start = performance.now()
    for (const part of parts ?? [options]) await fill(store, part)
    const { driver, engineVersion, settings } = store.info()
    return { driver, engineVersion, settings, seconds: (performance.now() - start) / 1_000 }
  } finally {
    await store.close()
  }
})
