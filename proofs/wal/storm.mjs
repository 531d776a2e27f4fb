import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startAsked } from '../support/asked.mjs'
import { checkFile, resetsBetween, walSalt } from './file.mjs'

const program = (name) => join(import.meta.dirname, name)

/** Starts the writers one after another, so that the first makes the file. */
export const startWriters = async (path, count, { nodeArgs = [], ...options } = {}) => {
  const writers = []
  for (let index = 0; index < count; index += 1) {
    const about = JSON.stringify({ name: `writer-${index}`, ...options })
    writers.push(await startAsked(program('writer.mjs'), [path, about], { nodeArgs }))
  }
  return writers
}

export const startReaders = (path, count, { nodeArgs = [] } = {}) =>
  Promise.all(Array.from({ length: count }, () => startAsked(program('reader.mjs'), [path], { nodeArgs })))

export const startOutsider = (path, what) => startAsked(program('outsider.mjs'), [path, what])

/**
 * Writers, with the store's own WAL checkpoints, commit to one file for `seconds`; then the file must be whole and hold
 * what they were told.
 *
 * @param {{ path: string, writers: number, outsiders?: readonly string[], seconds: number }} storm `outsiders`: what
 * programs that are none of Holdfast's do meanwhile, see outsider.mjs.
 */
export const storm = async ({ path, writers: count, outsiders: doing = [], seconds }) => {
  const writers = await startWriters(path, count)
  const saltBefore = walSalt(path)
  const outsiders = await Promise.all(doing.map((what) => startOutsider(path, what)))
  const everybody = [...writers, ...outsiders]
  try {
    await sleep(seconds * 1_000)
    const resets = resetsBetween(saltBefore, walSalt(path))
    const told = await Promise.all(writers.map((writer) => writer.ask('end')))
    await Promise.all(everybody.map((each) => each.end()))
    const failed = told.filter((each) => each.failed)
    if (failed.length > 0)
      return { commits: 0, resets, violations: failed.map((each) => ({ what: `a writer was told ${each.failed}` })) }
    const commits = told.reduce((sum, each) => sum + each.commits, 0)
    return { commits, resets, violations: await checkFile(path, told) }
  } finally {
    await Promise.all(everybody.map((each) => each.end()))
  }
}
