import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fillTimes } from './run.mjs'

/** Each time the work has this much of the disk, so that it is full within some submissions. */
const ROOM_BYTES = 1_500_000

/** A real disk of `bytes`, in memory, with a file in it that takes the room away and gives it back. */
export const proveByMount = async ({ folder, bytes, times, nodeArgs }) => {
  const disk = join(folder, 'disk')
  const dataDir = join(disk, 'data')
  const ballast = join(disk, 'ballast')
  mkdirSync(disk)
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'holdfast-proof', disk])
  try {
    mkdirSync(dataDir)
    return await fillTimes(
      { dataDir, nodeArgs, times },
      {
        fill: () => {
          const { bavail, bsize } = statfsSync(disk)
          try {
            writeFileSync(ballast, Buffer.alloc(Math.max(0, bavail * bsize - ROOM_BYTES)))
          } catch (error) {
            // The programs were faster than the look: it is as full as it can be.
            if (error.code !== 'ENOSPC') throw error
          }
        },
        free: () => rmSync(ballast),
      },
    )
  } finally {
    execFileSync('umount', [disk])
  }
}
