import { prove } from '../maintenance/prove.mjs'

const STORE = 'packages/store/dist/sqlite'

const FOR_A_MISTAKE = { disks: 800, disksPerEpisode: 800, checkers: 1 }

const mistake = (name, scenario, ...changes) => ({
  name,
  load: FOR_A_MISTAKE,
  prove: prove({ names: [scenario], mistake: changes }),
})

export const row = {
  name: 'crash-in-maintenance',
  title:
    'power loss at every point of a migration, a recovery, a backup, a restore and retention: what is there is the old ' +
    'or the new, never something between, and what was reported done stays done',
  promises: ['P3', 'P5', 'P7'],
  needs: ['cc'],
  folders: ['maintenance', 'power-loss'],
  loads: {
    full: { disks: 10_000, disksPerEpisode: 500, checkers: 2 },
    quick: { disks: 160, disksPerEpisode: 40, checkers: 2 },
  },
  prove: prove(),
  mistakes: [
    mistake(
      'a backup that is not synced',
      'a backup',
      { file: `${STORE}/backup/make-backup.js`, replace: 'syncFile(partial);', by: '' },
      // SQLite syncs a file that it takes out of WAL, too.
      {
        file: `${STORE}/backup/private-file.js`,
        replace: 'const result = use(connection);',
        by: `connection.exec('PRAGMA synchronous = OFF'); const result = use(connection);`,
      },
    ),
    mistake('a restore that syncs no folder', 'a restore over a database', {
      file: `${STORE}/durable-names.js`,
      replace: `syncPath(folder, 'r');`,
      by: '',
    }),
    mistake('a restore that moves the old database away first', 'a restore over a database', {
      file: `${STORE}/backup/replaced-file.js`,
      replace: `linkSync(path, aside);\n            syncFolder`,
      by: `renameSync(path, aside);\n            syncFolder`,
    }),
    // Later than the transaction, and before the next one that needs it: by then it is away again, but for a crash.
    mistake('a permit that outlives its transaction', 'retention', {
      file: `${STORE}/retention.js`,
      replace: 'withdraw();\n        return rows;',
      by: 'setImmediate(() => { try { withdraw() } catch {} });\n        return rows;',
    }),
    mistake('a migration of several transactions', 'a later migration', {
      file: `${STORE}/migrator.js`,
      replace: 'connection.exec(statement);',
      by: `connection.exec(statement); connection.exec('COMMIT'); connection.exec('BEGIN IMMEDIATE');`,
    }),
  ],
}
