import { proveDamages } from '../damaged-files/prove.mjs'
import { mutated } from '../support/mutate.mjs'

const FILE_CHECK = 'packages/store/dist/sqlite/file-check.js'
const DATABASE = 'packages/store/dist/sqlite/database.js'
const ERRORS = 'packages/store/dist/sqlite/database-errors.js'

/** Only the damages that the mistake is about: each has to be among them. */
const mistake = (name, kind, change) => ({
  name,
  load: { kinds: [kind], files: 30, enough: 1 },
  prove: (context) => proveDamages(context, { nodeArgs: mutated(change).nodeArgs }),
})

const FOREIGN = 'something else in its place'

export const row = {
  name: 'damaged-files',
  title: 'Damaged, foreign and forbidden files: no crash, no new store in silence, a named error within a second',
  promises: ['P3', 'P7'],
  loads: { full: { files: 2_000 }, quick: { files: 45 } },
  prove: (context) => proveDamages(context),
  mistakes: [
    mistake('a file whose head is bad is made anew', FOREIGN, {
      file: FILE_CHECK,
      replace: `throw notADatabase(path, 'something else');`,
      by: `process.getBuiltinModule('node:fs').writeFileSync(path, '');`,
    }),
    mistake('an empty file is a new store', FOREIGN, {
      file: FILE_CHECK,
      replace: `if (!create)\n            throw notADatabase(path, 'empty');`,
      by: '',
    }),
    mistake('a WAL is taken for a leftover', 'another WAL', {
      file: DATABASE,
      replace: `const leave = enterCopy(`,
      by: `if (!options.checked)\n        process.getBuiltinModule('node:fs').rmSync(file.path + '-wal', { force: true, recursive: true });\n    const leave = enterCopy(`,
    }),
    mistake('damage has no name of its own', FOREIGN, {
      file: ERRORS,
      replace: `case SQLITE.NOTADB:\n            return`,
      by: `case -1:\n            return`,
    }),
    mistake('a refusal leaves its mark', FOREIGN, {
      file: FILE_CHECK,
      replace: `(path, found) => new NotADatabaseError(`,
      by: `(path, found) => process.getBuiltinModule('node:fs').appendFileSync(path, 'seen') ?? new NotADatabaseError(`,
    }),
    mistake('damage ends the process', 'cut at a page', {
      file: ERRORS,
      replace: `case SQLITE.CORRUPT:\n            return`,
      by: `case SQLITE.CORRUPT:\n            process.abort();\n            return`,
    }),
  ],
}
