/** A test file that takes longer than this on the reference machine is too slow to be run often. */
const FILE_BUDGET_MS = 25_000

/** The whole of `npm test`: past this, people stop running it. */
const TOTAL_BUDGET_MS = 17 * 60_000

/** Files that may take longer than FILE_BUDGET_MS, with the reason why they must, and their own limit. */
export const SLOW_FILES = {
  'tests/packed/test/packed.test.mjs': {
    limitMs: 180_000,
    reason: 'installs every tarball into two empty projects and compiles their types with three TypeScripts',
  },
  'tests/files/test/bad-files.process.test.ts': {
    limitMs: 60_000,
    reason: 'starts the API and a worker on each of ten folders; under Node 24 a start takes two seconds',
  },
  'bench/test/rows.test.mjs': {
    limitMs: 60_000,
    reason: 'runs every row of the benchmarks once, each in processes of its own, so that none of them rots',
  },
  'packages/engine/test/death-watch.process.test.ts': {
    limitMs: 60_000,
    reason:
      'kills workers that hold a hundred items, and starts two anew for each case; a start takes two seconds on Node 24',
  },
  'packages/store/test/backup/backup.process.test.ts': {
    limitMs: 60_000,
    reason: 'makes each backup in a process of its own, as the product does; a start takes two seconds on Node 24',
  },
  'packages/store/test/backup/restore.process.test.ts': {
    limitMs: 120_000,
    reason: 'restores, writes and reads in a process of its own each, because none may have the file open; as above',
  },
  'packages/store/test/backup/verify.process.test.ts': {
    limitMs: 60_000,
    reason: 'restores each damaged backup in a process of its own, as the product does; as above',
  },
  'apps/cli/test/backup.process.test.ts': {
    limitMs: 60_000,
    reason: 'runs the command as people do, thirty times, each with a process of its own for the work; as above',
  },
  'proofs/test/crash-in-maintenance.test.mjs': {
    limitMs: 120_000,
    reason: 'records eight kinds of maintenance in processes of their own, and five more that are wrong',
  },
  'proofs/test/paths.test.mjs': {
    limitMs: 120_000,
    reason: 'makes, verifies and restores backups under hundreds of paths, each in a process of its own',
  },
  'packages/store/test/wal/wal-checkpoint.process.test.ts': {
    limitMs: 60_000,
    reason: 'has four processes write and read until the WAL has been begun anew many times',
  },
  'packages/testkit/test/crash-explorer.test.ts': {
    limitMs: 90_000,
    reason: 'kills a task at each of its writes and resumes it: some seventy processes that open a store',
  },
  'proofs/test/power-loss.test.mjs': {
    limitMs: 120_000,
    reason: 'records five runs of an API and three workers, and opens two thousand of the disks that a crash may leave',
  },
  'proofs/test/kill-storm.test.mjs': {
    limitMs: 120_000,
    reason: 'kills an API and four workers again and again, once as they are and with each of three mistakes',
  },
  'proofs/test/zombies.test.mjs': {
    limitMs: 60_000,
    reason:
      'waits until the leases of stopped processes have run out and are taken over, with and without two mistakes',
  },
  'proofs/test/history.test.mjs': {
    limitMs: 90_000,
    reason: 'six storms of processes on one file, one for each mistake, until some thousand operations are recorded',
  },
  'proofs/test/idempotency.test.mjs': {
    limitMs: 90_000,
    reason: 'has fifty callers for each of thirty keys while APIs are killed, then each of two mistakes',
  },
  'proofs/test/clock.test.mjs': {
    limitMs: 110_000,
    reason:
      'sets the clock of real processes every second and waits for leases of three, with and without three mistakes',
  },
  'proofs/test/chaos.test.mjs': {
    limitMs: 90_000,
    reason: 'meets seven targets with twenty-five processes on one file, one of them a lease that is left to run out',
  },
  'proofs/test/http-abuse.test.mjs': {
    limitMs: 150_000,
    reason: 'waits until slow clients are cut off, and once until they would have been; four more mistakes on top',
  },
  'proofs/test/damaged-files.test.mjs': {
    limitMs: 60_000,
    reason: 'opens a hundred damaged files in other processes, under the product and under each of six mistakes',
  },
  'proofs/test/start-race.test.mjs': {
    limitMs: 60_000,
    reason: 'starts five processes at once, round after round, until each of two mistakes has shown itself',
  },
  'proofs/test/other-ways-in.test.mjs': {
    limitMs: 60_000,
    reason: 'plays seven scenarios, and three mistakes, with processes of their own that are killed at the end of each',
  },
  'proofs/test/io-errors.test.mjs': {
    limitMs: 90_000,
    reason: 'lives eighteen lives of a store, each with its own fault of the disk, and those of three mistakes',
  },
  'proofs/test/disk-full.test.mjs': {
    limitMs: 60_000,
    reason: 'leaves real programs on a full disk for a while, and those of three mistakes as well',
  },
  'proofs/test/wal-bound.test.mjs': {
    limitMs: 60_000,
    reason: 'has two programs write and two read without a pause, once as they are and once with nobody who makes room',
  },
  'proofs/test/wal-storm.test.mjs': {
    limitMs: 60_000,
    reason: 'compiles SQLite with the window of its race widened, and races',
  },
  'proofs/test/lease-model.test.mjs': {
    limitMs: 60_000,
    reason: 'has Spin visit two million states of the protocol, three times',
  },
  'proofs/test/soak.test.mjs': {
    limitMs: 60_000,
    reason: 'soaks an API and a worker for ten seconds, and waits for what is left',
  },
  'packages/testkit/test/sqlite.contract.test.ts': {
    limitMs: 60_000,
    reason: 'holds all twelve hundred promises of the contract against each way of running the store',
  },
  'examples/ingest/test/ingest.test.ts': {
    limitMs: 60_000,
    reason: 'ingests a folder of real files again and again, each time as a person might have left it',
  },
  'tests/storm/test/ingest-storm.process.test.ts': {
    limitMs: 120_000,
    reason: 'kills real processes eight times while they read more than a thousand files, and waits for what is left',
  },
}

/**
 * Judges how long each file took, by the pace at which this machine runs (see `machine-pace.mjs`).
 *
 * @param {readonly { file: string, durationMs: number, pace?: number }[]} files
 * @returns {string[]} One line for each file over its limit.
 */
export function overBudget(files, slowFiles = SLOW_FILES) {
  return files.flatMap(({ file, durationMs, pace = 1 }) => {
    const limitMs = (slowFiles[file]?.limitMs ?? FILE_BUDGET_MS) * pace
    return durationMs > limitMs ? [`${file} took ${seconds(durationMs)}, over its limit of ${seconds(limitMs)}`] : []
  })
}

/** The whole of `npm test` may take longer where the machine is slower. */
export function totalBudgetMs(files) {
  return TOTAL_BUDGET_MS * Math.max(1, Math.min(...files.map(({ pace = 1 }) => pace)))
}

/** The ten slowest files, slowest first, as lines to print. */
export function slowestFiles(files) {
  return [...files]
    .sort((a, b) => b.durationMs - a.durationMs)
    .slice(0, 10)
    .map(({ file, durationMs }) => `${seconds(durationMs).padStart(8)}  ${file}`)
}

/** Milliseconds as people read them: `1.2 s`. */
export function seconds(ms) {
  return `${(ms / 1000).toFixed(1)} s`
}
