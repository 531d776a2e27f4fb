import { MISTAKES } from '../power-loss/store/mistakes.mjs'
import { prove } from '../power-loss/store/prove.mjs'

/** Enough for a mistake: it is over with the first disk that shows it. */
const FOR_A_MISTAKE = { acknowledgements: 1, disks: 600, tasksPerEpisode: 12, disksPerEpisode: 600, checkers: 1 }

const mistake = (name) => ({
  name,
  load: FOR_A_MISTAKE,
  prove: prove({ level: 'power', mistake: MISTAKES[name], run: { hasDisturbances: false } }),
})

export const row = {
  name: 'power-loss',
  title:
    'power loss at level `power`, at every point of a run of an API and three workers on one file: nothing acknowledged ' +
    'is missing, nothing contradicts itself, the store opens and writes again',
  promises: ['P3', 'P7'],
  needs: ['cc'],
  folders: ['power-loss', 'storm'],
  loads: {
    full: {
      seeds: 3,
      acknowledgements: 2_000,
      disks: 100_000,
      tasksPerEpisode: 60,
      disksPerEpisode: 12_000,
      checkers: 2,
    },
    quick: { acknowledgements: 80, disks: 250, tasksPerEpisode: 16, disksPerEpisode: 250, checkers: 2 },
  },
  prove: prove({ level: 'power' }),
  mistakes: ['answering before the commit', 'synchronous=NORMAL at level power'].map(mistake),
}
