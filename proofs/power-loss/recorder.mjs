import { join } from 'node:path'
import { compile } from '../../bench/native/compile.mjs'
import { Skipped } from '../../bench/support/skipped.mjs'

const SOURCE = join(import.meta.dirname, 'recorder.c')

/**
 * The environment of a process that writes down what it does below `folder`; see `recorder.c`. Its children do so as well
 * when they are given the same: whoever starts them with an environment of its own passes {@link recordingOfThisProcess}.
 *
 * @param {{ folder: string, log: string, marks: string, syncUs: number }} of
 * @throws {Skipped} without a C compiler, and where libraries can't be preloaded.
 */
export const recordingEnvironment = ({ folder, log, marks, syncUs }) => {
  if (process.platform !== 'linux') throw new Skipped('the recorder is a preload library for Linux')
  return {
    LD_PRELOAD: compile('recorder.so', { sources: [SOURCE], flags: ['-shared', '-fPIC'], libraries: ['-ldl'] }),
    HOLDFAST_RECORD_FOLDER: folder,
    HOLDFAST_RECORD_LOG: log,
    HOLDFAST_RECORD_MARKS: marks,
    HOLDFAST_RECORD_SYNC_US: String(syncUs),
    // Where libuv gives file operations to io_uring, no call is made that could be seen.
    UV_USE_IO_URING: '0',
  }
}

const NAMES = [
  'LD_PRELOAD',
  'HOLDFAST_RECORD_FOLDER',
  'HOLDFAST_RECORD_LOG',
  'HOLDFAST_RECORD_MARKS',
  'HOLDFAST_RECORD_SYNC_US',
  'UV_USE_IO_URING',
]

/** What a process that is recorded gives to those that it starts; nothing when it isn't recorded. */
export const recordingOfThisProcess = () =>
  Object.fromEntries(NAMES.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])))
