import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { record } from '../record.mjs'

const PROGRAM = join(import.meta.dirname, 'program.mjs')

/**
 * Records the product at work. Its data folder is made by the product itself, below the recorded one.
 *
 * @param {object} of
 * @param {string} of.scratch
 * @param {number} of.tasks
 * @param {number} of.seed
 * @param {'power' | 'process'} [of.level]
 * @param {readonly string[]} [of.nodeArgs] Of the API and the workers: what makes a mistake.
 * @param {boolean} [of.isWrong] Whether it has a mistake: it need not stop as it should.
 * @param {number} [of.textBytes] The longest text of an input and of a checkpoint.
 * @param {boolean} [of.hasDisturbances] Whether processes are stopped, killed and started.
 */
export const recordRun = async (of) => {
  const { scratch, tasks, seed, level = 'power', nodeArgs = [], isWrong = false } = of
  const { textBytes = 600, hasDisturbances = true } = of
  const folder = join(scratch, 'recorded')
  mkdirSync(folder)
  const dataDir = join(folder, 'data')
  const said = JSON.stringify({ dataDir, tasks, seed, level, nodeArgs, isWrong, textBytes, hasDisturbances })
  return record(folder, { script: PROGRAM, args: [said] })
}
