import { spawn } from 'node:child_process'
import { closeSync, ftruncateSync, openSync, readSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { contentOf } from './folder-content.mjs'
import { eventsOf } from './log.mjs'
import { recordingEnvironment } from './recorder.mjs'

/** The log is a sparse file: what isn't used costs nothing. */
const MOST_LOG_BYTES = 2 ** 31
/** A good disk's. Without it, nothing would ever happen while a sync is under way. */
const SYNC_US = 500
const LOG_START_BYTES = 64

/**
 * What happened below one folder, from a known state to a known state.
 *
 * @typedef {object} Recording
 * @property {string} folder
 * @property {import('./folder-content.mjs').Entry[]} before What was there, and durable, when it began.
 * @property {import('./log.mjs').Event[]} events
 * @property {import('./folder-content.mjs').Entry[]} after What was really there when every process had ended.
 */

/** The program that was to be recorded failed: there is nothing to explore. */
export class RunFailedError extends Error {}

/**
 * Runs a program and writes down all that it and its children do below a folder.
 *
 * The program says what it was told by `mark` (`mark.mjs`), and starts its children with `recordingOfThisProcess`
 * (`recorder.mjs`) in their environment. It must have ended them all when it ends, and end with the code 0.
 *
 * @param {string} folder What is in it is taken as durable.
 * @param {object} run
 * @param {string} run.script
 * @param {readonly string[]} [run.args]
 * @param {readonly string[]} [run.nodeArgs]
 * @param {Record<string, string>} [run.env]
 * @param {number} [run.syncUs] How long a sync takes, in microseconds.
 * @returns {Promise<Recording>}
 * @throws {Skipped} without a C compiler, and not on Linux.
 */
export const record = async (folder, { script, args = [], nodeArgs = [], env = {}, syncUs = SYNC_US }) => {
  const root = realpathSync(folder)
  const [log, marks] = [`${root}.log`, `${root}.marks`]
  const environment = recordingEnvironment({ folder: root, log, marks, syncUs })
  makeLog(log)
  writeFileSync(marks, '')
  try {
    const before = contentOf(root)
    await ran([...nodeArgs, script, ...args], { ...process.env, ...environment, ...env })
    return { folder: root, before, events: eventsOf(readLog(log)), after: contentOf(root) }
  } finally {
    rmSync(log, { force: true })
    rmSync(marks, { force: true })
  }
}

const makeLog = (log) => {
  writeFileSync(log, u64(LOG_START_BYTES))
  const file = openSync(log, 'r+')
  ftruncateSync(file, MOST_LOG_BYTES)
  closeSync(file)
}

const u64 = (value) => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(BigInt(value))
  return bytes
}

/** Only what was used of it. */
const readLog = (log) => {
  const file = openSync(log, 'r')
  try {
    const head = Buffer.alloc(LOG_START_BYTES)
    readSync(file, head, 0, LOG_START_BYTES, 0)
    const bytes = Buffer.alloc(Math.min(Number(head.readBigUInt64LE(0)), MOST_LOG_BYTES))
    readSync(file, bytes, 0, bytes.length, 0)
    return bytes
  } finally {
    closeSync(file)
  }
}

const ran = (args, env) =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'inherit', 'pipe'] })
    let errors = ''
    child.stderr.setEncoding('utf8').on('data', (text) => {
      errors = `${errors}${text}`.slice(-4_000)
    })
    child.on('error', reject)
    child.on('close', (code, signal) => {
      if (code === 0) resolve(undefined)
      else reject(new RunFailedError(`the recorded run ended with ${code ?? signal}: ${errors}`))
    })
  })
