import { existsSync, mkdtempSync, rmSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { slowSync } from '../native/slow-sync.mjs'

const MEMORY_FOLDER = '/dev/shm'
/** What the largest row needs. Containers often have 64 MiB there. */
const MEMORY_NEEDED = 4 * 2 ** 30

const hasRoom = ({ bavail, bsize }) => bavail * bsize >= MEMORY_NEEDED

/** The memory-backed folder of Linux, where there is a roomy one: the millisecond is then the whole cost of an fsync. */
const memoryFolder = () => (existsSync(MEMORY_FOLDER) && hasRoom(statfsSync(MEMORY_FOLDER)) ? MEMORY_FOLDER : tmpdir())

/** Where a benchmark's files on a disk lie; HOLDFAST_BENCH_DIR names another disk than that of the temp folder. */
const diskFolder = () => process.env.HOLDFAST_BENCH_DIR ?? tmpdir()

/** What a figure was measured at: a durability level, and what a sync costs there. */
export const LEVELS = {
  process: { name: 'process', durability: 'process', folder: diskFolder, env: () => ({}) },
  power: { name: 'power', durability: 'power', folder: diskFolder, env: () => ({}) },
  'power+1ms': { name: 'power, 1 ms fsync', durability: 'power', folder: memoryFolder, env: slowSync },
}

/** Gives `use` an empty folder where the files of that level belong, and removes it after. */
export const inFolder = async (level, use) => {
  const folder = mkdtempSync(join(level.folder(), 'holdfast-bench-'))
  try {
    return await use(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Says where the files were, for the table. */
export const storageOf = (level) => (level.folder() === MEMORY_FOLDER ? 'memory' : level.folder())
