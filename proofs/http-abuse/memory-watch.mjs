import { readFileSync } from 'node:fs'

const LOOK_MS = 200

/** The memory of a process as Linux tells it, in MiB: the most that it held at once, and what it holds now. */
const memoryOf = (pid) => {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const mebibytes = (name) => Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1] ?? 0) / 1_024
  return { peak: mebibytes('VmHWM'), now: mebibytes('VmRSS') }
}

/** Looks at a process all along, so that what one held that died is known as well. */
export const watchMemory = (pid) => {
  let peak = 0
  let isAlive = true
  const look = () => {
    try {
      peak = Math.max(peak, memoryOf(pid).peak)
    } catch {
      isAlive = false
    }
  }
  const timer = setInterval(look, LOOK_MS)
  look()
  return {
    /** @returns {{ peakMiB: number, isAlive: boolean }} */
    stop: () => {
      clearInterval(timer)
      look()
      return { peakMiB: Math.round(peak), isAlive }
    },
  }
}
