import { join } from 'node:path'
import { Skipped } from '../support/skipped.mjs'
import { compile } from './compile.mjs'

const SOURCE = join(import.meta.dirname, 'slow-sync.c')

/**
 * The environment of a process whose syncs take a millisecond longer; see `slow-sync.c`.
 *
 * @throws {Skipped} without a C compiler, and where libraries can't be preloaded.
 */
export const slowSync = () => {
  if (process.platform !== 'linux') throw new Skipped('the preload library for a 1 ms fsync is for Linux')
  return {
    LD_PRELOAD: compile('slow-sync.so', { sources: [SOURCE], flags: ['-shared', '-fPIC'], libraries: ['-ldl'] }),
  }
}
