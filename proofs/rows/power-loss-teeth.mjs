import { MISTAKES, MISTAKES_AT_START } from '../power-loss/store/mistakes.mjs'
import { prove } from '../power-loss/store/prove.mjs'

/** Over with the first disk that shows it. */
const FOR_A_MISTAKE = { acknowledgements: 1, disks: 1_500, tasksPerEpisode: 24, disksPerEpisode: 1_500, checkers: 2 }
/** Texts so large that a short run fills the WAL, which is then copied back and begun anew. */
const LARGE = { hasDisturbances: false, textBytes: 150_000 }
const SMALL = { hasDisturbances: false }

const mistake = (name, run = SMALL, level = 'power') => ({
  name,
  load: FOR_A_MISTAKE,
  prove: prove({ level, mistake: MISTAKES[name], run }),
})

const mistakeAtStart = (name) => ({
  name,
  load: FOR_A_MISTAKE,
  prove: prove({ level: 'power', mistakeAtStart: MISTAKES_AT_START[name], run: SMALL }),
})

export const row = {
  name: 'power-loss-teeth',
  title: 'the proof of power loss has teeth: it passes the product, and none of ten that are wrong on purpose',
  promises: ['P3', 'P7'],
  needs: ['cc'],
  folders: ['power-loss', 'storm'],
  loads: {
    full: { acknowledgements: 300, disks: 4_000, tasksPerEpisode: 60, disksPerEpisode: 4_000, checkers: 2 },
    quick: { acknowledgements: 1, disks: 50, tasksPerEpisode: 8, disksPerEpisode: 50, checkers: 1 },
  },
  prove: prove({ level: 'power' }),
  mistakes: [
    mistake('answering before the commit'),
    mistake('synchronous=NORMAL at level power'),
    mistake('writing a key after the transaction of its effect'),
    mistake('syncing no folder'),
    mistake('answering when it is queued'),
    mistake('WAL checkpoints that sync nothing', LARGE),
    mistakeAtStart('starting without the WAL that a crash has left'),
    mistake('a rollback journal in memory instead of the WAL'),
    mistake('calling a task off after having said so'),
    mistake('synchronous=OFF at level process', LARGE, 'process'),
  ],
}
