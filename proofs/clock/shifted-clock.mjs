import { spawnSync } from 'node:child_process'
import { closeSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { compile } from '../../bench/native/compile.mjs'

const MS = 1_000_000n

/**
 * A wall clock that all processes of a proof share, and that somebody sets. Monotonic time goes on as it does.
 *
 * No tool but a C compiler is needed; it works where programs are linked at their start and obey LD_PRELOAD, as on Linux.
 *
 * @param {string} file Where its offset is kept; made here.
 * @throws when a process that is started with it sees the system's time all the same: nothing would be proved.
 */
export const shiftedClock = (file) => {
  const library = compile('shifted-clock.so', {
    sources: [join(import.meta.dirname, 'shifted-clock.c')],
    flags: ['-fPIC', '-shared', '-Wall', '-Werror'],
    libraries: ['-ldl'],
  })
  const descriptor = openSync(file, 'w')
  const word = Buffer.alloc(8)
  let offsetMs = 0
  const clock = {
    /** For every process that is to see this time. */
    env: { LD_PRELOAD: library, HOLDFAST_PROOF_CLOCK: file },
    get offsetMs() {
      return offsetMs
    },
    /** Sets the clock: it is so far ahead of the system's from now on, or behind it. */
    set: (ms) => {
      offsetMs = ms
      word.writeBigInt64LE(BigInt(ms) * MS)
      writeSync(descriptor, word, 0, word.length, 0)
    },
    close: () => closeSync(descriptor),
  }
  clock.set(86_400_000)
  const { stdout } = spawnSync(process.execPath, ['-p', 'Date.now()'], {
    env: { PATH: process.env.PATH, ...clock.env },
    encoding: 'utf8',
  })
  if (Math.abs(Number(stdout) - Date.now() - clock.offsetMs) > 10_000)
    throw new Error(`a process that was to see another time sees this one: ${stdout}`)
  clock.set(0)
  return clock
}
