import { proveOtherWaysIn } from '../other-ways-in/prove.mjs'
import { mutated } from '../support/mutate.mjs'

const mistake = (name, only, ...changes) => ({
  name,
  load: { rounds: 3 },
  prove: (context) => proveOtherWaysIn(context, { only, nodeArgs: mutated(...changes).nodeArgs }),
})

export const row = {
  name: 'other-ways-in',
  title:
    'Two copies of a driver, a deleted bell, a foreign pid namespace, other tools, dropped locks: refused or survived',
  promises: ['P1', 'P3', 'P7'],
  loads: { full: { rounds: 20, strangers: 5 }, quick: { rounds: 1 } },
  prove: (context) => proveOtherWaysIn(context),
  mistakes: [
    mistake(
      'the bytes of a file that is open here are looked at',
      'the store opens its file twice in one process, while another process comes and goes',
      {
        file: 'packages/store/dist/sqlite/file-check.js',
        replace: 'if (!checked && !isOpenHere(found.key))',
        by: `closeSync(openSync(found.path, 'r'));
        if (!checked && !isOpenHere(found.key))`,
      },
    ),
    mistake('a second copy of a driver is let in', 'two installed copies of one driver in a process', {
      file: 'packages/store/dist/sqlite/one-copy.js',
      replace: 'if (other !== undefined)\n        throw duplicate(path, copy, other);',
      by: '',
    }),
    mistake(
      'nobody looks whether the file is still held',
      'a library in the process opens and closes the file, while another process comes and goes',
      {
        file: 'packages/store/dist/sqlite/file-hold.js',
        replace: 'if (loss)',
        by: 'if (false)',
      },
    ),
    mistake('a bell is watched for ever', 'the bell is deleted while somebody waits for it', {
      file: 'packages/store/dist/sqlite/bell/bell-watch.js',
      replace: 'if (this.#watched && this.#isSame(this.#watched.identity))',
      by: 'if (this.#watched)',
    }),
    mistake('who holds his lock is taken for dead', 'a process in a pid namespace of its own holds a lease', {
      file: 'packages/store/dist/sqlite/liveness/lock-probe.js',
      replace: `return 'alive';`,
      by: `return 'dead';`,
    }),
  ],
}
