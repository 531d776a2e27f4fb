import { setTimeout as sleep } from 'node:timers/promises'
import { checkFile, resetsBetween, walBytes, walSalt } from './file.mjs'
import { startOutsider, startReaders, startWriters } from './storm.mjs'

const LOOK_MS = 5

/** Watches how large the WAL becomes. */
const watchWal = (path) => {
  let mostBytes = 0
  const timer = setInterval(() => {
    mostBytes = Math.max(mostBytes, walBytes(path))
  }, LOOK_MS)
  return {
    /** The most since the last call. */
    most: () => {
      const most = mostBytes
      mostBytes = 0
      return most
    },
    end: () => clearInterval(timer),
  }
}

/**
 * Writers and readers without a pause on one file; then somebody who stays in one snapshot, beside slow writers and
 * readers without a pause; then he leaves it.
 *
 * @param {object} options
 * @param {string} options.path
 * @param {number} options.seconds Of the first part.
 * @param {number} options.heldSeconds Of the second part; 0 for none.
 * @param {number} options.readers Processes that read.
 * @param {readonly string[]} [options.nodeArgs]
 */
export const writeWhileReading = async ({ path, seconds, heldSeconds, readers: count, nodeArgs = [] }) => {
  const writers = await startWriters(path, 2, { nodeArgs, callers: 32 })
  const readers = await startReaders(path, count, { nodeArgs })
  const everybody = [...writers, ...readers]
  const watch = watchWal(path)
  try {
    const saltBefore = walSalt(path)
    await sleep(seconds * 1_000)
    const found = { resets: resetsBetween(saltBefore, walSalt(path)), mostBytes: watch.most() }
    const held = heldSeconds > 0 ? await holdOneSnapshot({ path, writers, watch, heldSeconds }) : {}
    const pages = (await Promise.all(readers.map((reader) => reader.ask('pages')))).map((each) => each.pages)
    await Promise.all(readers.map((reader) => reader.end()))
    const told = await Promise.all(writers.map((writer) => writer.ask('end')))
    await Promise.all(everybody.map((each) => each.end()))
    return {
      ...found,
      ...held,
      pages: pages.reduce((sum, each) => sum + each, 0),
      violations: await checkFile(path, told),
    }
  } finally {
    watch.end()
    await Promise.all(everybody.map((each) => each.end()))
  }
}

const SOON_MS = 10_000

/** What the WAL grows to meanwhile, and how long after it is small again. */
const holdOneSnapshot = async ({ path, writers, watch, heldSeconds }) => {
  await Promise.all(writers.map((writer) => writer.ask('slow')))
  const outsider = await startOutsider(path, 'reads')
  try {
    watch.most()
    await sleep(heldSeconds * 1_000)
    const heldBytes = watch.most()
    await outsider.ask('leave')
    const leftAtMs = performance.now()
    while (walBytes(path) > BOUND_BYTES && performance.now() - leftAtMs < 2 * SOON_MS) await sleep(LOOK_MS)
    return { heldBytes, smallAfterMs: Math.round(performance.now() - leftAtMs), isSmall: walBytes(path) <= BOUND_BYTES }
  } finally {
    await outsider.end()
  }
}

/** What the WAL may take on the disk while nobody stays in a snapshot. */
export const BOUND_BYTES = 64 * 1024 * 1024

/** How soon after the last one left it is within that again, in milliseconds. */
export const SMALL_WITHIN_MS = SOON_MS
