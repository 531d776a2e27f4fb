import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { FailingDisk, failingDiskEnvironment } from '../failing-disk/failing-disk.mjs'
import { fillTimes } from './run.mjs'

/** A disk on which files may grow by `bytes` each time: works everywhere. */
export const proveByBudget = async ({ folder, bytes, times, nodeArgs }) => {
  const [dataDir, control] = [join(folder, 'data'), join(folder, 'control')]
  mkdirSync(dataDir)
  const disk = FailingDisk.make(control)
  try {
    return await fillTimes(
      { dataDir, env: failingDiskEnvironment({ folder: dataDir, control }), nodeArgs, times },
      { fill: () => disk.leaveRoomFor(bytes), free: () => disk.mend() },
    )
  } finally {
    disk.close()
  }
}
