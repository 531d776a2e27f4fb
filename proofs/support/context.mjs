import { cpSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { randomFrom } from './random.mjs'

const PROGRESS_EVERY_MS = 5_000

/**
 * What a proof works with.
 *
 * @typedef {object} Context
 * @property {Record<string, any>} load How much is asked.
 * @property {number} seed All choices follow from it.
 * @property {import('./random.mjs').Random} random Made of the seed, anew at every call: a resumed row that must not
 * repeat itself makes its own, of the seed and of where it is.
 * @property {string} folder Empty, its own, removed after.
 * @property {any} state What was saved last; undefined at first.
 * @property {(state: unknown) => Promise<void>} save Keeps plain JSON for the next call, across restarts.
 * @property {() => boolean} isOver Whether the time is up: save, and return `done: false`.
 * @property {(done: number, total: number, note?: string) => void} progress
 * @property {(line: string) => void} log
 * @property {(name: string, content?: string | Uint8Array) => string} keep Keeps evidence of a failure: the content under
 * that name, or the file or folder of that path. Answers with where it is.
 */

/**
 * Gives `use` a context, and removes its folder after.
 *
 * @template T
 * @param {object} options
 * @param {string} options.name For the lines that it prints.
 * @param {Record<string, unknown>} options.load
 * @param {number} options.seed
 * @param {unknown} [options.state]
 * @param {(state: unknown) => Promise<void>} [options.save]
 * @param {number} [options.deadlineMs] On the clock of `now`.
 * @param {() => boolean} [options.isStopped] Whether somebody asks it to end early.
 * @param {string} [options.failures] Where evidence goes; nothing is kept where there is none.
 * @param {(line: string) => void} [options.print]
 * @param {() => number} [options.now]
 * @param {(context: Context) => Promise<T>} use
 * @returns {Promise<T>}
 */
export const withContext = async (options, use) => {
  const { name, load, seed, state, save = async () => {}, deadlineMs = Number.POSITIVE_INFINITY, failures } = options
  const { print = () => {}, now = () => performance.now(), isStopped = () => false } = options
  const folder = mkdtempSync(join(tmpdir(), `holdfast-proof-${name.replace(/[^a-z0-9]+/gi, '-').slice(0, 40)}-`))
  let saidAt = now()
  try {
    return await use({
      load,
      seed,
      random: randomFrom(seed),
      folder,
      state,
      save,
      isOver: () => isStopped() || now() >= deadlineMs,
      progress: (done, total, note = '') => {
        if (now() - saidAt < PROGRESS_EVERY_MS && done < total) return
        saidAt = now()
        print(`${name}: ${done.toLocaleString('en')} of ${total.toLocaleString('en')} ${note}`.trimEnd())
      },
      log: (line) => print(`${name}: ${line}`),
      keep: (what, content) => keep({ failures, folder, what, content }),
    })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const keep = ({ failures, folder, what, content }) => {
  if (failures === undefined) return join(folder, what)
  const target = join(failures, basename(what))
  mkdirSync(failures, { recursive: true })
  if (content === undefined) cpSync(what, target, { recursive: statSync(what).isDirectory() })
  else writeFileSync(target, content)
  return target
}
