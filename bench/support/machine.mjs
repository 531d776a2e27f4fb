import { arch, cpus, platform, release, totalmem } from 'node:os'

/** What a figure was measured on: without it a figure says nothing. */
export const machine = () => ({
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: cpus().length,
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  system: `${platform()} ${release()} ${arch()}`,
  node: process.version,
})

export const describeMachine = ({ cpu, cores, memoryGiB, system, node } = machine()) =>
  `${cores} × ${cpu}, ${memoryGiB} GiB, ${system}, Node ${node}`

/** The middle one of several figures. */
export const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1]
