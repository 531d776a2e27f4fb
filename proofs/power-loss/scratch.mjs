import { mkdtempSync, rmSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const TMPFS = 0x01021994

/** Where hundreds of thousands of disks are made and thrown away: in memory where there is such a place. */
const place = () => {
  try {
    return statfsSync('/dev/shm').type === TMPFS ? '/dev/shm' : tmpdir()
  } catch {
    return tmpdir()
  }
}

/**
 * Gives `use` an empty folder, and removes it after.
 *
 * @template T
 * @param {(folder: string) => Promise<T>} use
 * @returns {Promise<T>}
 */
export const withScratch = async (use) => {
  const folder = mkdtempSync(join(place(), 'holdfast-power-loss-'))
  try {
    return await use(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
  }
}
