import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { inChild } from './in-child.mjs'
import { percentile } from './statistics.mjs'

/** As many as take no more than a moment on a slow disk. */
const SYNCS = 50
const PAGE = Buffer.alloc(4_096, 1)

/** What writing and syncing one page costs in this folder, in milliseconds: what a commit can't be faster than. */
inChild(({ folder }) => {
  const file = openSync(join(folder, 'sync-cost'), 'w')
  try {
    const times = Array.from({ length: SYNCS }, (_, page) => {
      writeSync(file, PAGE, 0, PAGE.length, page * PAGE.length)
      const start = performance.now()
      fdatasyncSync(file)
      return performance.now() - start
    })
    return { p50Ms: percentile(times, 0.5), p99Ms: percentile(times, 0.99) }
  } finally {
    closeSync(file)
  }
})
