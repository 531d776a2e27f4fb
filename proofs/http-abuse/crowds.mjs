import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startAsked } from '../support/asked.mjs'

/** Connections of one process that opens them. */
const PER_PROCESS = 4_000
/** Descriptors that a process needs for everything else. */
const OTHERWISE_OPEN = 500
const FULL_WITHIN_MS = 60_000
const KINDS = ['silent', 'kept', 'headers', 'body', 'chunks', 'stalled']

/** How many connections one server may have here. */
const mostConnections = () =>
  Number(/^Max open files\s+\d+\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1] ?? 1_024) -
  OTHERWISE_OPEN

/**
 * A crowd of open and of slow clients around a server, as many as are asked for, or as this machine lets a process have.
 *
 * Long bodies are begun as they are due, and not waited for.
 *
 * @param {{ port: number, token: string, open: number, slow: number, stalled: number, stalledPerSecond: number }} options
 */
export const gatherCrowd = async ({ port, token, open, slow, stalled, stalledPerSecond }) => {
  const share = Math.min(1, mostConnections() / Math.max(1, open + slow))
  const size = Math.ceil(((open + slow) * share) / PER_PROCESS)
  const crowds = await Promise.all(
    Array.from({ length: size }, () =>
      startAsked(join(import.meta.dirname, 'crowd.mjs'), [String(port), token, String(stalledPerSecond / size)]),
    ),
  )
  const of = (count) => Math.ceil((count * share) / Math.max(1, size))
  const wanted = {
    // A few more than asked for: some are always being cut off and opened anew.
    silent: of(open * 0.97),
    kept: of(open * 0.05),
    headers: of(slow * 0.41),
    body: of(slow * 0.31),
    chunks: of(slow * 0.31),
    stalled: Math.ceil(stalled / size),
  }
  const crowd = new Crowd(crowds)
  await Promise.all(crowds.map(({ ask }) => ask(wanted)))
  await crowd.fill({ open: open * share, slow: slow * share })
  return { crowd, isScaled: share < 1 }
}

class Crowd {
  #crowds
  #peak = { open: 0, slow: 0 }

  constructor(crowds) {
    this.#crowds = crowds
  }

  /** Waits until all have been there at once; not for ever: some are cut off while others come. */
  async fill(wanted) {
    const from = performance.now()
    while (performance.now() - from < FULL_WITHIN_MS) {
      await this.look()
      if (this.#peak.open >= wanted.open && this.#peak.slow >= wanted.slow) return
      await sleep(250)
    }
  }

  /** How many there are now. */
  async look() {
    const kinds = await this.#kinds()
    const sum = (...names) => names.reduce((total, name) => total + kinds[name].open, 0)
    const now = { open: sum('silent', 'kept'), slow: sum('headers', 'body', 'chunks') }
    this.#peak = { open: Math.max(this.#peak.open, now.open), slow: Math.max(this.#peak.slow, now.slow) }
    return now
  }

  /** The most that there were at once. */
  get peak() {
    return this.#peak
  }

  /** By kind: how many there were at all, how many were cut off, and how long the longest was let live (ms). */
  async lives() {
    const kinds = await this.#kinds()
    return Object.fromEntries(
      KINDS.map((kind) => {
        const { open, count, longestMs, oldestMs } = kinds[kind]
        return [kind, { all: open + count, cut: count, longestMs: Math.round(Math.max(longestMs, oldestMs)) }]
      }),
    )
  }

  async end() {
    await Promise.all(this.#crowds.map(({ end }) => end()))
  }

  async #kinds() {
    const counts = await Promise.all(this.#crowds.map(({ ask }) => ask('count')))
    const none = { open: 0, count: 0, longestMs: 0, oldestMs: 0 }
    const add = (a, b) => ({
      open: a.open + b.open,
      count: a.count + b.count,
      longestMs: Math.max(a.longestMs, b.longestMs),
      oldestMs: Math.max(a.oldestMs, b.oldestMs),
    })
    return Object.fromEntries(KINDS.map((kind) => [kind, counts.map((count) => count[kind]).reduce(add, none)]))
  }
}
