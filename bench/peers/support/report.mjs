import { machine } from '../../support/machine.mjs'
import { summarize, tableOf } from './table.mjs'
import { versionsOf } from './missing.mjs'

/** Everything that a figure needs beside it, as data. */
export const reportOf = ({ rows, peers, skipped, options, software, startedAt }) => ({
  command: ['npm run bench:peers', ...(options.arguments.length > 0 ? ['--', ...options.arguments] : [])].join(' '),
  startedAt: startedAt.toISOString(),
  machine: machine(),
  software,
  options: options.measured,
  peers: peers.map((peer) => ({
    name: peer.name,
    versions: versionsOf(peer),
    variants: peer.variants.map(({ name, durability, settings }) => ({ name, durability, settings })),
    unlike: peer.unlike,
  })),
  skipped,
  rows: rows.map(summarize),
})

/** The same for people. */
export const markdownOf = ({ command, startedAt, machine: on, software, options, peers, skipped, rows }) => {
  const { seconds, rounds } = options
  return [
    '# Holdfast and its peers',
    '',
    `\`${command}\`, ${startedAt.slice(0, 10)}; ${on.cores} × ${on.cpu}, ${on.memoryGiB} GiB, ${on.system}, Node ${on.node}.`,
    `Server, producer and workers share the machine. ${rounds} rounds of ${seconds} s, in turns; medians.`,
    '',
    ...software.map((line) => `- ${line}`),
    '',
    ...rows.map(tableOf),
    '### What was set, and what to know before comparing',
    '',
    ...peers.flatMap((peer) => [
      `- **${peer.name}** (${peer.versions})`,
      ...peer.variants.map(({ name, settings, durability }) => `  - ${name}: ${settings}; ${durability}`),
      ...peer.unlike.map((line) => `  - ${line}`),
    ]),
    ...(skipped.length > 0
      ? ['', '### Skipped', '', ...skipped.map(({ peer, reason }) => `- ${peer}: ${reason}`)]
      : []),
    '',
  ].join('\n')
}
