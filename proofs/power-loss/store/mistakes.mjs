import { mutated } from '../../support/mutate.mjs'
import { answeredBeforeTheCommit } from '../../storm/mistakes.mjs'

const STORE = 'packages/store/dist/sqlite'

/** A statement that runs by itself a moment after its operation was answered, and again while somebody has the lock. */
const later = (statement) =>
  `{ const later = () => { try { ${statement} } catch { setTimeout(later, 5) } }; setTimeout(later, 20) }`

/**
 * What may be wrong with a store that is to keep its word through power loss: each is one to be caught. The checker opens
 * what they leave with the product as it is, so that none is caught by falling over itself.
 */
export const MISTAKES = {
  'answering before the commit': answeredBeforeTheCommit,

  'synchronous=NORMAL at level power': () =>
    mutated({ file: `${STORE}/durability.js`, replace: 'power: 2,', by: 'power: 1,' }),

  'writing a key after the transaction of its effect': () =>
    mutated({
      file: `${STORE}/tasks.js`,
      replace: 'key.keep(tenant, idempotency, task.seq, nowMs);',
      by: later('key.keep(tenant, idempotency, task.seq, nowMs)'),
    }),

  'syncing no folder': () =>
    mutated(
      { file: 'packages/engine/dist/app/data-dir.js', replace: 'await handle.sync();', by: '' },
      { file: `${STORE}/durable-names.js`, replace: `syncPath(folder, 'r');`, by: '' },
    ),

  'answering when it is queued': () =>
    mutated({
      file: 'apps/api/dist/routes/submit-task.js',
      replace: 'const { created, replayed } = await store.tasks.submit({',
      by: 'const created = true, replayed = undefined; void store.tasks.submit({',
    }),

  'WAL checkpoints that sync nothing': () =>
    mutated({
      file: `${STORE}/settings.js`,
      replace: `role === 'checkpointer' ? SYNCHRONOUS.power`,
      by: `role === 'checkpointer' ? 0`,
    }),

  'a rollback journal in memory instead of the WAL': () =>
    mutated(
      {
        file: `${STORE}/database.js`,
        replace: `base.exec('PRAGMA journal_mode = WAL')`,
        by: `base.exec('PRAGMA journal_mode = MEMORY')`,
      },
      {
        file: `${STORE}/database.js`,
        replace: `isMemory ? 'memory' : 'wal'`,
        by: `role === 'writer' ? 'memory' : pragmaOf(base, 'journal_mode')`,
      },
      // A store without its WAL would take the file for taken away, and refuse to start.
      { file: `${STORE}/file-hold.js`, replace: 'const lock = OwnLock.of(path, file);', by: 'const lock = undefined;' },
      { file: `${STORE}/file-hold.js`, replace: '#note(loss) {', by: '#note(loss) { return undefined;' },
    ),

  'calling a task off after having said so': () =>
    mutated({
      file: `${STORE}/tasks.js`,
      replace: 'const { cancelled, remaining } = cancelItems(task.seq, args.limit, args.nowMs);',
      by: `const cancelled = 1, remaining = false; ${later('cancelItems(task.seq, args.limit, args.nowMs)')}`,
    }),

  'synchronous=OFF at level process': () =>
    mutated({ file: `${STORE}/durability.js`, replace: 'process: 1,', by: 'process: 0,' }),
}

/** What may be wrong with how a file is opened after a crash: the checker is what opens it. */
export const MISTAKES_AT_START = {
  'starting without the WAL that a crash has left': () =>
    mutated({
      file: `${STORE}/file-check.js`,
      replace: 'createMissing(path);',
      by: `{
        createMissing(path)
        if (!existsSync(path + '-shm')) process.getBuiltinModule('node:fs').rmSync(path + '-wal', { force: true })
      }`,
    }),
}
