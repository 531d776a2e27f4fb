import { proveStartRace } from '../start-race/prove.mjs'
import { mutated } from '../support/mutate.mjs'

const MIGRATOR = 'packages/store/dist/sqlite/migrator.js'

const mistake = (name, ...changes) => ({
  name,
  load: { rounds: 20, processes: 5, enough: 1 },
  prove: (context) => proveStartRace(context, { nodeArgs: mutated(...changes).nodeArgs }),
})

export const row = {
  name: 'start-race',
  title: 'Ten processes start at once on no file, an old one or one whose migration was killed: each step runs once',
  promises: ['P3', 'P7'],
  loads: { full: { rounds: 120, processes: 10 }, quick: { rounds: 5, processes: 5 } },
  prove: (context) => proveStartRace(context),
  mistakes: [
    mistake(
      'what is missing is not asked again under the lock',
      {
        file: MIGRATOR,
        replace: 'const isUpToDate = (connection, scopes) => {',
        by: `let before
const isUpToDate = (connection, scopes) => {
    before = new Map(scopes.map((scope) => [scope.name, readScope(connection, scope.name)]));`,
      },
      {
        file: MIGRATOR,
        replace: 'const record = readScope(connection, scope.name);',
        by: 'const record = before.get(scope.name);',
      },
    ),
    mistake('each statement of a migration is a commit of its own', {
      file: MIGRATOR,
      replace: 'connection.exec(statement);',
      by: `connection.exec(statement);
        connection.exec('COMMIT');
        beginImmediate(connection, DEFAULT_LOCK_WAIT_MS);`,
    }),
  ],
}
