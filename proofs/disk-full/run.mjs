import { RealPrograms } from '../failing-disk/real-programs.mjs'
import { fillAndFree } from './fill.mjs'

/**
 * The real programs on one disk, filled and freed so many times without a restart; then all that was acknowledged is
 * looked up, and the file examined.
 *
 * @param {{ dataDir: string, env?: Record<string, string>, nodeArgs: readonly string[], times: number }} options
 * @param {Parameters<typeof fillAndFree>[1]} disk
 */
export const fillTimes = async ({ dataDir, env = {}, nodeArgs, times }, disk) => {
  const programs = new RealPrograms({ dataDir, env, nodeArgs })
  const figures = { times: 0 }
  try {
    await programs.ready()
    await programs.submit(2)
    while (figures.times < times && programs.violations.length === 0) {
      await fillAndFree(programs, disk, figures)
      figures.times += 1
    }
    if (programs.violations.length === 0) {
      await programs.verify()
      await programs.stop()
    }
  } finally {
    await programs.kill()
  }
  // Otherwise the disk may be full still, and what was found says more than the file.
  if (programs.violations.length === 0) programs.examine(ABOUT_THE_MACHINE)
  return { figures: { ...figures, answers: programs.counts }, violations: programs.violations }
}

/** A small disk is small, and who was ended in the middle has died. */
const ABOUT_THE_MACHINE = ['disk.full', 'process.dead']
