import { MISTAKES } from '../power-loss/store/mistakes.mjs'
import { prove } from '../power-loss/store/prove.mjs'

/** Over with the first disk that shows it. */
const FOR_A_MISTAKE = { acknowledgements: 1, disks: 1_000, tasksPerEpisode: 12, disksPerEpisode: 1_000, checkers: 1 }
const IN_MEMORY = 'a rollback journal in memory instead of the WAL'

export const row = {
  name: 'power-loss-process',
  title:
    'power loss at level `process`, at every point of such a run: the last acknowledgements may be missing and are ' +
    'counted, what is left is whole and a prefix of what was acknowledged',
  promises: ['P3', 'P7'],
  needs: ['cc'],
  folders: ['power-loss', 'storm'],
  loads: {
    full: { acknowledgements: 2_000, disks: 20_000, tasksPerEpisode: 60, disksPerEpisode: 4_000, checkers: 2 },
    quick: { acknowledgements: 40, disks: 200, tasksPerEpisode: 12, disksPerEpisode: 200, checkers: 2 },
  },
  prove: prove({ level: 'process' }),
  mistakes: [
    {
      name: IN_MEMORY,
      load: FOR_A_MISTAKE,
      prove: prove({ level: 'process', mistake: MISTAKES[IN_MEMORY], run: { hasDisturbances: false } }),
    },
  ],
}
