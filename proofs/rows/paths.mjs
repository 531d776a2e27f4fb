import { prove } from '../paths/prove.mjs'
import { mutated } from '../support/mutate.mjs'

const PLACE = 'packages/store/dist/sqlite/backup/place.js'

const mistake = (name, ...changes) => ({
  name,
  load: { cases: 80, casesPerRun: 80 },
  prove: prove({ nodeArgs: () => mutated(...changes).nodeArgs }),
})

export const row = {
  name: 'paths',
  title:
    'hostile paths in backup, restore, verify and ingest: `..`, absolute, linked, encoded, NUL, too long, devices and ' +
    'pipes: nothing outside of the root is touched or read, and each refusal has a name',
  promises: ['P7'],
  needs: [],
  folders: ['paths'],
  loads: {
    full: { cases: 2_000, casesPerRun: 100 },
    quick: { cases: 80, casesPerRun: 80 },
  },
  prove: prove(),
  mistakes: [
    mistake('a root that is compared as text', {
      file: PLACE,
      replace: 'const way = relative(folder, path);',
      by: 'if (path.startsWith(folder)) return true; const way = relative(folder, path);',
    }),
    mistake('a root that is compared before links are resolved', {
      file: PLACE,
      replace: 'return confined(join(folderOf(absolute), basename(absolute)), confinement);',
      by: 'return confined(absolute, confinement);',
    }),
    mistake('an ingest that compares its roots as text', {
      file: 'examples/ingest/dist/roots.js',
      replace: 'root.endsWith(sep) ? root : root + sep',
      by: 'root',
    }),
  ],
}
