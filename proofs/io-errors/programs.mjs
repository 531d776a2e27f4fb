import { mkdirSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { FailingDisk, failingDiskEnvironment } from '../failing-disk/failing-disk.mjs'
import { RealPrograms } from '../failing-disk/real-programs.mjs'
import { randomFrom } from '../support/random.mjs'

/** Clients that submit at once. */
const CLIENTS = 6
/** Rounds in which a fault has to strike, and rounds after it. */
const MOST_ROUNDS = 12
const ROUNDS_AFTER = 2
const RECOVERY_MS = 15_000

/**
 * The real programs, for `episodes` faults one after another: a fault, its consequences, a disk that is well, and on.
 * They are never started again.
 */
export const proveByPrograms = async (context, episodes) => {
  const random = randomFrom(context.seed + 1)
  const home = join(realpathSync(context.folder), 'programs')
  const [folder, control] = [join(home, 'data'), join(home, 'control')]
  mkdirSync(folder, { recursive: true })
  const disk = FailingDisk.make(control)
  const programs = new RealPrograms({ dataDir: folder, env: failingDiskEnvironment({ folder, control }) })
  const figures = { episodes: 0, struck: 0, longestRecoveryMs: 0 }
  try {
    await programs.ready()
    await programs.submit(CLIENTS)
    while (figures.episodes < episodes && programs.violations.length === 0) {
      const { struck, recoveryMs } = await episode(programs, disk, random, figures.episodes)
      figures.episodes += 1
      figures.struck += struck ? 1 : 0
      figures.longestRecoveryMs = Math.max(figures.longestRecoveryMs, Math.round(recoveryMs))
      context.progress(figures.episodes, episodes, 'faults under the real programs')
    }
    await programs.verify()
    await programs.stop()
  } finally {
    await programs.kill()
    disk.close()
  }
  programs.examine(['disk.full'])
  const done = figures.episodes >= episodes
  return { done, figures: { ...figures, answers: programs.counts }, violations: programs.violations }
}

const episode = async (programs, disk, random, number) => {
  const kind = random.pick(['write', 'sync'])
  const error = random.pick(['EIO', 'ENOSPC'])
  // In turn, so that few episodes have both.
  const forEver = number % 2 === 1
  // From the first call on, and far into the work.
  disk.arm({ kind, error, forEver, at: Math.ceil((kind === 'write' ? 400 : 20) ** random.float()) })
  let after = 0
  for (let round = 0; round < MOST_ROUNDS && after < ROUNDS_AFTER; round += 1) {
    await programs.submit(CLIENTS)
    if (disk.failures > 0) after += 1
  }
  const struck = disk.failures > 0
  if (struck) await programs.mustRead(`while the disk failed (${error}, ${kind}, ${forEver ? 'for ever' : 'once'})`)
  disk.mend()
  return { struck, recoveryMs: await programs.recovered(RECOVERY_MS) }
}
